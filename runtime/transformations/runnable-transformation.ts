import { type Flow } from '../tensor/tensor';
import { type CheckableTransformation, type ReserveMemory, type StepNames } from './transformation';

/** A transformation that the server can run: a built-in in place, or a component in the worker that hosts it. */
export interface RunnableTransformation extends CheckableTransformation {
  /** Whether what it throws means that its code failed; otherwise it means that the data was unfit. */
  readonly isComponent?: boolean;
  /** Whether it may ask for memory with `reserve`. */
  readonly reservesMemory?: boolean;
  /** Called for each request. A promise only where the code runs elsewhere: one that is not needed costs throughput. */
  applyFlow(
    flow: Flow,
    parameters: unknown,
    names: StepNames,
    timeoutMs?: number,
    reserve?: ReserveMemory,
  ): Flow | Promise<Flow>;
}
