import { InferenceError } from '../errors';
import { BatchRunner } from './batch-run';
import { type BatcherObserver } from './batcher-observer';
import { SYSTEM_CLOCK, type Clock } from '../scheduling/clock';
import { inferencerSettingsSchema } from '../definition/pipeline-document';
import { ConfigurationError } from '../../contracts/program/problem';
import { parseWith } from '../../contracts/program/schema-problems';
import { type Inferencer, type InferencerSettings, type PredictOptions } from './inferencer';
import { type ModelMetadata } from '../formats/model-metadata';
import { type NamedTensors } from '../tensor/tensor';
import { PendingRequest } from './pending-request';
import { RequestForms } from './request-form';
import { cancelled, deadlinePassed, RequestQueue } from './request-queue';
import { sessionClosed, type ModelSession } from './sessions/model-session';

export interface BatcherOptions extends Omit<InferencerSettings, 'workers'> {
  /** Whether requests can share a run along axis 0 of all inputs and outputs; otherwise each runs alone. */
  readonly batchable: boolean;
  /** Opens and warms up one more session. Default: there can be no more sessions. */
  readonly openSession?: (worker: number, workers: number) => Promise<ModelSession>;
  /** Told of each session that `configure` has removed. */
  readonly onRemoved?: (worker: number) => void;
  /** Called when all sessions are closed; `close` waits for it. */
  readonly onClosed?: () => Promise<void>;
  readonly observer?: BatcherObserver;
  readonly clock?: Clock;
}

/**
 * Gathers the requests of all streams into runs of the model. It is work-conserving: an idle session starts with the requests
 * that are there (all messages that arrive in one turn of the event loop count as there), and requests that come while
 * sessions are busy make the next batches. It owns its sessions and closes them.
 */
export class Batcher implements Inferencer {
  readonly metadata: ModelMetadata;
  settings: InferencerSettings;
  private readonly sessions: ModelSession[];
  private readonly idle: ModelSession[];
  /** Sessions that are removed after their run → called then. */
  private readonly leaving = new Map<ModelSession, () => void>();
  private readonly queue: RequestQueue;
  private readonly forms: RequestForms;
  private readonly clock: Clock;
  private readonly runner: BatchRunner;
  private turnScheduled = false;
  private delayed: PendingRequest | undefined;
  private cancelDelay: (() => void) | undefined;
  private configured: Promise<unknown> = Promise.resolve();
  private closed: Promise<void> | undefined;

  /** @param sessions at least one, all of one model. */
  constructor(
    sessions: readonly ModelSession[],
    private readonly options: BatcherOptions,
  ) {
    const { batchable, maxBatchSize, maxQueueDelayMs, maxQueueSize } = options;
    this.sessions = [...sessions];
    this.metadata = sessions[0].metadata;
    this.idle = [...sessions].reverse();
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.queue = new RequestQueue(this.clock);
    this.forms = new RequestForms(this.metadata, batchable, sessions[0].refusesEmpty);
    this.runner = new BatchRunner(this.metadata, this.clock, options.observer ?? {});
    this.settings = {
      maxBatchSize: batchable ? maxBatchSize : 1,
      maxQueueDelayMs,
      maxQueueSize,
      workers: sessions.length,
    };
  }

  get queueDepth(): number {
    return this.queue.length;
  }

  predict(inputs: NamedTensors, options?: PredictOptions, observer?: BatcherObserver): Promise<NamedTensors> {
    return new Promise((resolve, reject) => {
      const refusal = this.refusal(options);
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      const form = this.forms.of(inputs);
      const rows = this.forms.rowsOf(form, inputs);
      this.queue.push(
        new PendingRequest(inputs, form, rows, options, this.clock.now(), resolve, reject, observer),
      );
      this.wake();
    });
  }

  configure(changes: Partial<InferencerSettings>): Promise<void> {
    const configured = this.configured.then(() => this.apply(changes));
    this.configured = configured.catch(() => undefined);
    return configured;
  }

  close(): Promise<void> {
    this.closed ??= this.closeAll();
    return this.closed;
  }

  private async apply(changes: Partial<InferencerSettings>): Promise<void> {
    const next = this.checked(changes);
    const added = await this.openSessions(next.workers);
    if (this.closed !== undefined) {
      await closeEach(added);
      throw sessionClosed();
    }
    this.settings = next;
    this.sessions.push(...added);
    this.idle.push(...added);
    const removed = this.sessions.splice(next.workers);
    // A wait for a fuller batch may have been for the old delay or size.
    this.cancelDelay?.();
    this.delayed = undefined;
    if (this.queue.length > 0) this.startRuns();
    await Promise.all(removed.map((session) => this.remove(session)));
    removed.forEach((_, i) => this.options.onRemoved?.(next.workers + i));
  }

  /** The settings with these changes. @throws ConfigurationError with every problem. */
  private checked(changes: Partial<InferencerSettings>): InferencerSettings {
    const parsed = parseWith(inferencerSettingsSchema, changes);
    if ('problems' in parsed) throw new ConfigurationError('', parsed.problems);
    const given = Object.entries(parsed.value).filter(([, value]) => value !== undefined);
    const next = { ...this.settings, ...(Object.fromEntries(given) as Partial<InferencerSettings>) };
    const problems = [];
    if (!this.options.batchable && next.maxBatchSize !== 1) {
      const message = `must be 1 for this model, whose requests do not share runs, got ${next.maxBatchSize}`;
      problems.push({ path: 'maxBatchSize', message });
    }
    if (this.options.openSession === undefined && next.workers !== this.settings.workers) {
      const message = `must stay ${this.settings.workers}: the model runs in the main thread (execution: worker gives it workers), got ${next.workers}`;
      problems.push({ path: 'workers', message });
    }
    if (problems.length > 0) throw new ConfigurationError('', problems);
    return next;
  }

  /** Sessions that `workers` needs beyond those that there are; none is left open when one fails. */
  private async openSessions(workers: number): Promise<ModelSession[]> {
    const { openSession } = this.options;
    const have = this.sessions.length;
    if (openSession === undefined || workers <= have) return [];
    const opening = Array.from({ length: workers - have }, (_, i) => openSession(have + i, workers));
    const results = await Promise.allSettled(opening);
    const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return opened;
    await closeEach(opened);
    throw failed.reason;
  }

  /** Closes a session after the run that it may be in. */
  private async remove(session: ModelSession): Promise<void> {
    const index = this.idle.indexOf(session);
    if (index >= 0) this.idle.splice(index, 1);
    else await new Promise<void>((resolve) => this.leaving.set(session, resolve));
    await session.close();
  }

  private async closeAll(): Promise<void> {
    this.cancelDelay?.();
    this.queue.close(sessionClosed);
    await closeEach([...this.sessions, ...this.leaving.keys()]);
    await this.options.onClosed?.();
  }

  private refusal(options: PredictOptions | undefined): InferenceError | undefined {
    if (this.closed !== undefined) return sessionClosed();
    if (options !== undefined) {
      if (options.signal?.aborted) return cancelled();
      if (options.deadlineMs !== undefined && options.deadlineMs <= this.clock.epoch())
        return deadlinePassed();
    }
    if (this.queue.length < this.settings.maxQueueSize) return undefined;
    return new InferenceError(
      'QUEUE_FULL',
      `the model's queue is full: ${this.queue.length} requests wait, at most ${this.settings.maxQueueSize} may`,
    );
  }

  /** Starts runs now for full batches, and at the end of this turn of the event loop for what else has come until then. */
  private wake(): void {
    if (this.idle.length === 0) return;
    if (this.queue.weight >= this.settings.maxBatchSize) this.startRuns();
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
      const batch = this.queue.take(Math.min(share, this.settings.maxBatchSize));
      void this.runner.run(session, batch, () => this.release(session));
    }
  }

  /** Whether the oldest request still has time for a fuller batch; a timer ends it. */
  private waitsForMore(): boolean {
    const { maxQueueDelayMs } = this.settings;
    const oldest = this.queue.oldest;
    if (maxQueueDelayMs === 0 || oldest === undefined || this.queue.weight >= this.settings.maxBatchSize)
      return false;
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
    const leave = this.leaving.get(session);
    if (leave !== undefined) {
      this.leaving.delete(session);
      leave();
      return;
    }
    this.idle.push(session);
    if (this.queue.length === 0 || this.closed !== undefined) return;
    // A run in this thread starts in the next turn anyway: it may as well take what this one brings.
    if (session.blocksCaller && this.queue.weight < this.settings.maxBatchSize) this.scheduleTurn();
    else this.startRuns();
  }
}

async function closeEach(sessions: readonly ModelSession[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.close()));
}
