import { InferenceError } from '../errors';
import { zeros, type Tensor } from '../tensor/tensor';
import { type BatcherObserver } from './batcher-observer';
import { mergeRows, sliceRows } from './batch';
import { type Clock } from '../scheduling/clock';
import { type ModelMetadata } from '../formats/model-metadata';
import { type NamedTensors } from '../tensor/tensor';
import { type PendingRequest } from './pending-request';
import { cancelled, deadlinePassed } from './request-queue';
import { type ModelSession } from './sessions/model-session';

/** Turns requests into one run of a session, and its outputs into their answers. Every request is settled once. */
export class BatchRunner {
  private readonly inputNames: readonly string[];
  private readonly outputNames: readonly string[];

  constructor(
    metadata: ModelMetadata,
    private readonly clock: Clock,
    private readonly observer: BatcherObserver,
  ) {
    this.inputNames = Object.keys(metadata.inputs);
    this.outputNames = Object.keys(metadata.outputs);
  }

  /** Runs `batch` and answers it; `onFree` is called once, before that, when the session can take the next. Never rejects. */
  async run(session: ModelSession, batch: readonly PendingRequest[], onFree: () => void): Promise<void> {
    let isFree = false;
    const free = (): void => {
      if (isFree) return;
      isFree = true;
      onFree();
    };
    const startedMs = this.clock.now();
    let rows = 0;
    for (const request of batch) {
      rows += request.rows;
      this.observerOf(request).onQueue?.(startedMs - request.arrivedMs);
    }
    let outputs: NamedTensors;
    try {
      outputs = await this.runSession(session, batch, rows, free);
    } catch (error) {
      if (batch.length > 1 && isOneRequests(error)) await this.runOneByOne(session, batch, free);
      else {
        free();
        for (const request of batch) request.reject(error);
      }
      return;
    }
    const modelMs = session.lastRunMs;
    const stepMs = session.lastStepMs;
    this.observe(batch, rows, modelMs, stepMs);
    free();
    this.answer(batch, outputs, rows, startedMs, modelMs, stepMs);
  }

  private observerOf(request: PendingRequest): BatcherObserver {
    return request.observer ?? this.observer;
  }

  /** A run that requests of several observers share is observed by each of them once. */
  private observe(
    batch: readonly PendingRequest[],
    rows: number,
    modelMs: number,
    stepMs: readonly number[] | undefined,
  ): void {
    const first = this.observerOf(batch[0]);
    let others: Set<BatcherObserver> | undefined;
    for (const request of batch) {
      const observer = this.observerOf(request);
      if (observer !== first) (others ??= new Set()).add(observer);
    }
    const tell = (observer: BatcherObserver): void => {
      observer.onBatch?.(rows, batch.length, modelMs);
      if (stepMs !== undefined) observer.onSteps?.(stepMs);
    };
    tell(first);
    others?.forEach(tell);
  }

  /** One request spoils the batch: each gets a run of its own, and only that one fails. */
  private async runOneByOne(
    session: ModelSession,
    batch: readonly PendingRequest[],
    onFree: () => void,
  ): Promise<void> {
    for (const [index, request] of batch.entries()) {
      const isLast = index === batch.length - 1;
      const free = isLast ? onFree : () => undefined;
      if (request.options?.signal?.aborted) request.reject(cancelled());
      else if (request.deadlineMs <= this.clock.epoch()) request.reject(deadlinePassed());
      else {
        await this.run(session, [request], free);
        continue;
      }
      free();
    }
  }

  private async runSession(
    session: ModelSession,
    batch: readonly PendingRequest[],
    rows: number,
    onFree: () => void,
  ): Promise<NamedTensors> {
    const [first] = batch;
    if (rows === 0) return this.runWithoutRows(session, first);
    // Of several requests each may yet need a run of its own, so that the session is theirs until they have their answers.
    if (batch.length === 1) return session.run(first.inputs, first.options?.transfer ?? false, onFree);
    const inputs = mergeRows(
      this.inputNames,
      batch.map((request) => request.inputs),
    );
    return this.runMerged(session, inputs, rows);
  }

  /** What the model makes of no rows: nothing, in the shape that it gives a row of zeros. Some engines fail on no rows. */
  private runWithoutRows(session: ModelSession, request: PendingRequest): Promise<NamedTensors> {
    const row: Record<string, Tensor> = {};
    for (const name of this.inputNames) {
      const { dtype, shape } = request.inputs[name];
      row[name] = zeros(dtype, [1, ...shape.slice(1)]);
    }
    return this.runMerged(session, row, 1);
  }

  private async runMerged(session: ModelSession, inputs: NamedTensors, rows: number): Promise<NamedTensors> {
    const outputs = await session.run(inputs, true);
    for (const name of this.outputNames) {
      const [got] = outputs[name].shape;
      if (got === rows) continue;
      throw new InferenceError(
        'MODEL_FAILED',
        `the model's output '${name}' has ${got ?? 'no'} rows for a batch of ${rows}`,
      );
    }
    return outputs;
  }

  private answer(
    batch: readonly PendingRequest[],
    outputs: NamedTensors,
    rows: number,
    startedMs: number,
    modelMs: number,
    stepMs: readonly number[] | undefined,
  ): void {
    const whole = batch.length === 1 && rows > 0;
    let row = 0;
    for (const request of batch) {
      request.options?.onTimes?.({
        startedMs,
        queueMs: startedMs - request.arrivedMs,
        modelMs,
        batchRequests: batch.length,
        batchRows: rows,
        stepMs,
      });
      request.resolve(whole ? outputs : sliceRows(this.outputNames, outputs, row, request.rows));
      row += request.rows;
    }
  }
}

/** Whether the failure can be one request's own: a worker that is gone is gone for all. */
function isOneRequests(failure: unknown): boolean {
  return !(failure instanceof InferenceError && failure.code === 'WORKER_LOST');
}
