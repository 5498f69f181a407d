import { InferenceError } from '../errors';
import { type Problem } from '../../contracts/program/problem';
import { FormatError, type FlowFormat } from '../formats/format';
import { type RunnableTransformation } from '../transformations/runnable-transformation';
import { type StepNames } from '../transformations/transformation';
import { type Flow } from '../tensor/tensor';
import { type TransformationHost } from './transformation-host';

/** Milliseconds that a component's data step may take when its document does not say. */
export const DEFAULT_STEP_TIMEOUT_MS = 10_000;

/** A component's transformation, whose code runs in its host's thread. Its parameters are known here by a handle only. */
export class HostedTransformation implements RunnableTransformation {
  readonly isComponent = true;

  constructor(
    readonly name: string,
    private readonly host: TransformationHost,
  ) {}

  parse(parameters: Record<string, unknown>): { parameters: unknown } | { problems: readonly Problem[] } {
    const answer = this.host.ask({ ask: 'parse', step: { component: this.name, parameters } });
    if ('parsed' in answer) return { parameters: answer.parsed };
    if ('problems' in answer) return answer;
    return {
      problems: [{ path: '', message: 'failed' in answer ? answer.failed : 'its parameters were not taken' }],
    };
  }

  formatFlow(flow: FlowFormat, parameters: unknown, names: StepNames): FlowFormat {
    const answer = this.host.ask({ ask: 'format', handle: parameters as number, flow, names });
    if ('flow' in answer) return answer.flow;
    if ('refused' in answer) throw new FormatError(answer.refused);
    throw new FormatError('failed' in answer ? answer.failed : 'its format step gave no format');
  }

  async applyFlow(flow: Flow, parameters: unknown, names: StepNames, timeoutMs?: number): Promise<Flow> {
    const limit = timeoutMs ?? DEFAULT_STEP_TIMEOUT_MS;
    try {
      return await this.host.apply(parameters as number, flow, names, limit);
    } catch (error) {
      if (!(error instanceof InferenceError)) throw error;
      throw new InferenceError(error.code, `${this.name}: ${error.message}`, { cause: error });
    }
  }
}
