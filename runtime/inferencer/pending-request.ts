import { type QueueItem } from '../scheduling/fair-queue';
import { type AbortWatch } from './abort-watch';
import { type BatcherObserver } from './batcher-observer';
import { type NamedTensors } from '../tensor/tensor';
import { type PredictOptions } from './inferencer';
import { type RequestForm } from './request-form';

/** A request that waits for a run or is in one. It is its own link in the queue's line. */
export class PendingRequest implements QueueItem<PendingRequest> {
  previous: PendingRequest | undefined;
  next: PendingRequest | undefined;
  tag = 0;
  queued = false;
  watch: AbortWatch | undefined;

  constructor(
    readonly inputs: NamedTensors,
    readonly form: RequestForm,
    /** Rows along the batch axis; 1 when the model has none. */
    readonly rows: number,
    readonly options: PredictOptions | undefined,
    /** Monotonic milliseconds. */
    readonly arrivedMs: number,
    readonly resolve: (answer: NamedTensors) => void,
    readonly reject: (error: unknown) => void,
    readonly observer?: BatcherObserver,
  ) {}

  /** What it takes of a batch; a request without rows takes a place, too. */
  get weight(): number {
    return this.rows === 0 ? 1 : this.rows;
  }

  get deadlineMs(): number {
    return this.options?.deadlineMs ?? Infinity;
  }
}
