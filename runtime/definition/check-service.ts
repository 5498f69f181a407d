import { type ServiceName } from '../../contracts/names/services';
import { type Problem } from '../../contracts/program/problem';
import { isInteger } from '../tensor/dtype';
import { describeFormat, type FlowFormat } from '../formats/format';

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

/** Whether the pipeline's service can carry what goes in and what comes out. */
export function checkService(
  service: ServiceName,
  input: FlowFormat,
  output: FlowFormat | undefined,
): Problem[] {
  if (service !== 'basic') return [];
  return [...basicProblem('input', input), ...(output ? basicProblem('output', output) : [])];
}
