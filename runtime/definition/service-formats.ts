import { type ServiceName } from '../../contracts/names/services';
import { type Problem } from '../../contracts/program/problem';
import { isInteger } from '../tensor/dtype';
import { describeFormat, type FlowFormat } from '../formats/format';

/**
 * What keeps a service from carrying a pipeline's input and output; empty when it can. An output that is not known yet is
 * `undefined`. Pure: the format check calls it at load, in `mis validate` and at synth.
 */
export type Accepts = (input: FlowFormat, output: FlowFormat | undefined) => Problem[];

/**
 * The formats that each registered service can carry. It stands here rather than beside the services because a pipeline is
 * also checked where none of them runs.
 */
export const SERVICE_FORMATS: Readonly<Record<ServiceName, Accepts>> = {
  extended: () => [],
  basic: (input, output) => [
    ...basicProblem('input', input),
    ...(output ? basicProblem('output', output) : []),
  ],
};

/** The Basic service carries one float32 tensor each way; whole numbers in it are taken for integers. */
function basicProblem(side: 'input' | 'output', flow: FlowFormat): Problem[] {
  const says = 'the basic service carries one float32 tensor';
  if (flow.size !== 1) {
    return [{ path: side, message: `${says}, got ${flow.size}: ${[...flow.keys()].join(', ')}` }];
  }
  const [[name, format]] = flow;
  const { kind, dtype } = format.kind === 'list' ? { kind: format.kind, dtype: undefined } : format;
  const fits = dtype === undefined || dtype === 'float32' || isInteger(dtype);
  if (kind === 'list' || !fits) {
    return [{ path: `${side}.${name}`, message: `${says}, got ${describeFormat(format)}` }];
  }
  return [];
}
