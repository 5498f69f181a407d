import { type ServiceName } from '../../contracts/names/services';
import { type Problem } from '../../contracts/program/problem';
import { isInteger } from '../tensor/dtype';
import { describeFormat, type FlowFormat } from '../formats/format';
import { type PipelineDocument } from './pipeline-document';

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

/** The services that a document binds its pipeline to; `undefined`: all that can carry its formats. */
export function boundServices({
  service,
  services,
}: Pick<PipelineDocument, 'service' | 'services'>): readonly ServiceName[] | undefined {
  return services ?? (service === undefined ? undefined : [service]);
}

/** Whether each service that the document names can carry the pipeline. */
export function checkServices(
  document: Pick<PipelineDocument, 'service' | 'services'>,
  input: FlowFormat,
  output: FlowFormat | undefined,
): Problem[] {
  const { service, services } = document;
  if (service !== undefined && services !== undefined) {
    const message = `stands in place of 'service', which is '${service}': one of them has to go`;
    return [{ path: 'services', message }];
  }
  return (boundServices(document) ?? []).flatMap((name) => SERVICE_FORMATS[name](input, output));
}

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
