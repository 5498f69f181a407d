import { InferenceError } from '../errors';
import { BatchRunner, type BatcherObserver } from './batch-run';
import { SYSTEM_CLOCK, type Clock } from '../scheduling/clock';
import { type Inferencer, type PredictOptions } from './inferencer';
import { type ModelMetadata } from '../formats/model-metadata';
import { type NamedTensors } from '../tensor/tensor';
import { PendingRequest } from './pending-request';
import { RequestForms } from './request-form';
import { cancelled, deadlinePassed, RequestQueue } from './request-queue';
import { sessionClosed, type ModelSession } from './sessions/model-session';

export interface BatcherOptions {
  /** Whether requests can share a run along axis 0 of all inputs and outputs. */
  readonly batchable: boolean;
  /** Most rows in one run; a request with more runs alone. */
  readonly maxBatchSize: number;
  /** Longest wait of the oldest request for a fuller batch while a session is idle. */
  readonly maxQueueDelayMs: number;
  /** Most requests that wait; further ones are refused. */
  readonly maxQueueSize: number;
  readonly observer?: BatcherObserver;
  readonly clock?: Clock;
}

/**
 * Gathers the requests of all streams into runs of the model. It is work-conserving: an idle session starts with what there
 * is (all messages that arrive in one turn of the event loop count as there), and what comes while sessions are busy
 * makes the next batches. It owns its sessions and closes them.
 */
export class Batcher implements Inferencer {
  readonly metadata: ModelMetadata;
  private readonly idle: ModelSession[];
  private readonly queue: RequestQueue;
  private readonly forms: RequestForms;
  private readonly clock: Clock;
  private readonly runner: BatchRunner;
  private readonly maxWeight: number;
  private turnScheduled = false;
  private delayed: PendingRequest | undefined;
  private cancelDelay: (() => void) | undefined;
  private closed: Promise<void> | undefined;

  /** @param sessions at least one, all of one model. */
  constructor(
    private readonly sessions: readonly ModelSession[],
    private readonly options: BatcherOptions,
  ) {
    this.metadata = sessions[0].metadata;
    this.idle = [...sessions].reverse();
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.queue = new RequestQueue(this.clock);
    this.forms = new RequestForms(this.metadata, options.batchable, sessions[0].refusesEmpty);
    this.runner = new BatchRunner(this.metadata, this.clock, options.observer ?? {});
    this.maxWeight = options.batchable ? options.maxBatchSize : 1;
  }

  get queueDepth(): number {
    return this.queue.length;
  }

  predict(inputs: NamedTensors, options?: PredictOptions): Promise<NamedTensors> {
    return new Promise((resolve, reject) => {
      const refusal = this.refusal(options);
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      const form = this.forms.of(inputs);
      const rows = this.forms.rowsOf(form, inputs);
      this.queue.push(new PendingRequest(inputs, form, rows, options, this.clock.now(), resolve, reject));
      this.wake();
    });
  }

  close(): Promise<void> {
    this.closed ??= this.closeAll();
    return this.closed;
  }

  private async closeAll(): Promise<void> {
    this.cancelDelay?.();
    this.queue.close(sessionClosed);
    await Promise.all(this.sessions.map((session) => session.close()));
  }

  private refusal(options: PredictOptions | undefined): InferenceError | undefined {
    if (this.closed !== undefined) return sessionClosed();
    if (options !== undefined) {
      if (options.signal?.aborted) return cancelled();
      if (options.deadlineMs !== undefined && options.deadlineMs <= this.clock.epoch())
        return deadlinePassed();
    }
    if (this.queue.length < this.options.maxQueueSize) return undefined;
    return new InferenceError(
      'QUEUE_FULL',
      `the model's queue is full: ${this.queue.length} requests wait, at most ${this.options.maxQueueSize} may`,
    );
  }

  /** Starts runs now for full batches, and at the end of this turn of the event loop for what else has come until then. */
  private wake(): void {
    if (this.idle.length === 0) return;
    if (this.queue.weight >= this.maxWeight) this.startRuns();
    else this.scheduleTurn();
  }

  private scheduleTurn(): void {
    if (this.turnScheduled) return;
    this.turnScheduled = true;
    setImmediate(this.onTurn);
  }

  private readonly onTurn = (): void => {
    this.turnScheduled = false;
    this.startRuns();
  };

  private startRuns(): void {
    this.queue.expire();
    while (this.queue.length > 0 && !this.waitsForMore()) {
      const session = this.takeIdle();
      if (session === undefined) return;
      // Idle sessions share what there is: each has cores of its own.
      const share = Math.ceil(this.queue.weight / (this.idle.length + 1));
      const batch = this.queue.take(Math.min(share, this.maxWeight));
      void this.runner.run(session, batch, () => this.release(session));
    }
  }

  /** Whether the oldest request still has time for a fuller batch; a timer ends it. */
  private waitsForMore(): boolean {
    const { maxQueueDelayMs } = this.options;
    const oldest = this.queue.oldest;
    if (maxQueueDelayMs === 0 || oldest === undefined || this.queue.weight >= this.maxWeight) return false;
    const leftMs = oldest.arrivedMs + maxQueueDelayMs - this.clock.now();
    if (leftMs <= 0) return false;
    if (this.delayed !== oldest) {
      this.delayed = oldest;
      this.cancelDelay?.();
      this.cancelDelay = this.clock.after(leftMs, this.onDelay);
    }
    return true;
  }

  private readonly onDelay = (): void => {
    this.delayed = undefined;
    this.startRuns();
  };

  /** A session that works; while none does, one that is being replaced, and says what came of it. */
  private takeIdle(): ModelSession | undefined {
    let index = this.idle.findLastIndex((session) => session.state === 'ready');
    if (index < 0 && this.sessions.every((session) => session.state !== 'ready'))
      index = this.idle.length - 1;
    return index < 0 ? undefined : this.idle.splice(index, 1)[0];
  }

  private release(session: ModelSession): void {
    this.idle.push(session);
    if (this.queue.length === 0 || this.closed !== undefined) return;
    // A run in this thread starts in the next turn anyway: it may as well take what this one brings.
    if (session.blocksCaller && this.queue.weight < this.maxWeight) this.scheduleTurn();
    else this.startRuns();
  }
}
