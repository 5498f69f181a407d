import { type Flow } from '../tensor/tensor';
import { type CheckableTransformation, type StepNames } from './transformation';

/** A transformation that the server can run: a built-in in place, or a component in the worker that hosts it. */
export interface RunnableTransformation extends CheckableTransformation {
  /** `input`: an own error means that the data was unfit; `code`: it means that the component's code failed. */
  readonly blames: 'input' | 'code';
  /** Called for each request. A promise only where the code runs elsewhere: one that is not needed costs throughput. */
  applyFlow(flow: Flow, parameters: unknown, names: StepNames, timeoutMs?: number): Flow | Promise<Flow>;
}
