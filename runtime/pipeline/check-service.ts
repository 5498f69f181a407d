import { type ServiceName } from '../config/pipeline-document';
import { type Problem } from '../errors';
import { describeFormat, type FlowFormat } from './format';

/** The Basic service carries one float32 tensor each way. */
function basicProblem(side: 'input' | 'output', flow: FlowFormat): Problem[] {
  const says = 'the basic service carries one float32 tensor';
  if (flow.size !== 1) {
    return [{ path: side, message: `${says}, got ${flow.size}: ${[...flow.keys()].join(', ')}` }];
  }
  const [[name, format]] = flow;
  if (format.kind === 'list' || (format.dtype !== undefined && format.dtype !== 'float32')) {
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
