import { type Flow } from '../tensor/tensor';
import { type CheckableTransformation, type ReserveMemory, type StepNames } from './transformation';

/** A transformation that the server can run: a built-in, or a component in its worker. */
export interface RunnableTransformation extends CheckableTransformation {
  /** Whether an exception means a failure of its code; otherwise it means that the data was refused. */
  readonly isComponent?: boolean;
  /** Whether it may ask for memory with `reserve`. */
  readonly reservesMemory?: boolean;
  /** Called for each request. Returns a promise only if the code runs elsewhere, because promises cost throughput. */
  applyFlow(
    flow: Flow,
    parameters: unknown,
    names: StepNames,
    timeoutMs?: number,
    reserve?: ReserveMemory,
  ): Flow | Promise<Flow>;
}
