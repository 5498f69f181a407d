import { InferenceError } from '../errors';
import { type Problem } from '../../contracts/program/problem';
import { FormatError, type FlowFormat } from '../formats/format';
import { type RunnableTransformation } from '../transformations/runnable-transformation';
import { type StepNames } from '../transformations/transformation';
import { type Flow } from '../tensor/tensor';
import { checkPromise, type PromisedFormats } from './check-result';
import { type TransformationHost } from './transformation-host';

/** Milliseconds that a component's data step may take when its document does not say. */
export const DEFAULT_STEP_TIMEOUT_MS = 10_000;

/**
 * A component's transformation, whose code runs in a thread of its host. Its parameters are known here by a handle only,
 * which is one step's. What its data step returns is compared with what its format step promised for that step.
 */
export class HostedTransformation implements RunnableTransformation {
  readonly isComponent = true;
  private readonly promised = new Map<number, PromisedFormats>();

  constructor(
    readonly name: string,
    private readonly host: TransformationHost,
  ) {}

  parse(parameters: Record<string, unknown>): { parameters: unknown } | { problems: readonly Problem[] } {
    const answer = this.host.ask(this.name, { ask: 'parse', step: { component: this.name, parameters } });
    if ('parsed' in answer) return { parameters: answer.parsed };
    if ('problems' in answer) return answer;
    return {
      problems: [{ path: '', message: 'failed' in answer ? answer.failed : 'its parameters were not taken' }],
    };
  }

  formatFlow(flow: FlowFormat, parameters: unknown, names: StepNames): FlowFormat {
    const handle = parameters as number;
    const answer = this.host.ask(this.name, { ask: 'format', handle, flow, names });
    if ('flow' in answer) {
      this.promised.set(handle, { input: flow, output: answer.flow });
      return answer.flow;
    }
    if ('refused' in answer) throw new FormatError(answer.refused);
    throw new FormatError('failed' in answer ? answer.failed : 'its format step gave no format');
  }

  async applyFlow(flow: Flow, parameters: unknown, names: StepNames, timeoutMs?: number): Promise<Flow> {
    const handle = parameters as number;
    const limitMs = timeoutMs ?? DEFAULT_STEP_TIMEOUT_MS;
    try {
      const returned = await this.host.apply(this.name, handle, flow, names, limitMs);
      const promised = this.promised.get(handle);
      if (promised !== undefined) checkPromise(returned, promised, flow);
      return returned;
    } catch (error) {
      if (!(error instanceof InferenceError)) throw error;
      throw new InferenceError(error.code, `${this.name}: ${error.message}`, { cause: error.cause });
    }
  }
}
