import './telemetry-off';
import { isDeepStrictEqual } from 'node:util';
import { InferenceError, messageOf } from '../../errors';
import { type Tensor } from '../../tensor/tensor';
import { SYSTEM_CLOCK, type Clock } from '../clock';
import { type ModelMetadata, type NamedTensors } from '../inferencer';
import { ModelThread, type OpenedModel, type ThreadAnswer } from './model-thread';
import { sessionClosed, type ModelSession, type SessionState } from './model-session';
import { type SteppedModelOptions } from './stepped-model';
import { fromOrtValue, toOrtValue, type OrtValue } from './ort-value';
import { RestartPolicy } from './restart-policy';
import { type OrtValues } from './worker-messages';

export interface WorkerSessionOptions extends SteppedModelOptions {
  /** A run that takes longer is given up and its thread replaced, in milliseconds. Default: runs may take any time. */
  readonly hangLimitMs?: number;
  /** Told when the thread is lost, is back, or is given up for a while, and why. */
  readonly onState?: (state: SessionState, reason: string) => void;
  readonly clock?: Clock;
}

/** How long a thread may go on with what it does when its session is closed. */
const CLOSE_GRACE_MS = 5_000;

/**
 * A model in a thread of its own: the thread that asks stays responsive while a run takes seconds. A thread that dies, or
 * hangs past the limit, is replaced; the run it was in is rejected with WORKER_LOST. When threads keep dying the session
 * is `failed` and refuses runs at once, until a new thread has loaded the model.
 */
export class WorkerSession implements ModelSession {
  readonly blocksCaller = false;
  lastRunMs = 0;
  lastStepMs: readonly number[] = [];
  private current: SessionState = 'ready';
  private readonly restarts: RestartPolicy;
  private readonly clock: Clock;
  /** Settles when the next thread has the model or has failed, and when the session is closed. */
  private restarted: Promise<void> = Promise.resolve();
  private endRestart: () => void = () => undefined;

  private constructor(
    private thread: ModelThread,
    private readonly model: OpenedModel,
    private readonly options: WorkerSessionOptions,
  ) {
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.restarts = new RestartPolicy(this.clock);
    this.watch(thread);
  }

  /** @throws ConfigurationError when the model cannot be loaded. */
  static async open(options: WorkerSessionOptions): Promise<WorkerSession> {
    const thread = new ModelThread(options);
    return new WorkerSession(thread, await thread.opened, options);
  }

  get metadata(): ModelMetadata {
    return this.model.metadata;
  }

  get refusesEmpty(): boolean {
    return this.model.refusesEmpty;
  }

  /** Milliseconds that loading the model took in its thread. */
  get openMs(): number {
    return this.model.openMs;
  }

  get state(): SessionState {
    return this.current;
  }

  async run(feeds: NamedTensors, owned: boolean): Promise<NamedTensors> {
    const values: Record<string, OrtValue> = {};
    for (const name in this.metadata.inputs) values[name] = toOrtValue(name, feeds[name]);
    while (this.current === 'restarting') await this.restarted;
    if (this.current === 'closed') throw sessionClosed();
    if (this.current === 'failed')
      throw lost("the model's worker threads keep ending; the next one starts in seconds");
    const { outputs, runMs, stepMs } = await this.runLimited(values, owned);
    this.lastRunMs = runMs;
    this.lastStepMs = stepMs;
    const tensors: Record<string, Tensor> = {};
    for (const name in outputs) tensors[name] = fromOrtValue(outputs[name]);
    return tensors;
  }

  async close(): Promise<void> {
    if (this.current === 'closed') return;
    this.current = 'closed';
    this.endRestart();
    const { thread } = this;
    await new Promise<void>((resolve) => {
      const cancel = this.clock.after(CLOSE_GRACE_MS, () => {
        thread.abandon(lost('the model was closed before the run was over'));
        resolve();
      });
      void thread.close().then(() => {
        cancel();
        resolve();
      });
    });
  }

  private async runLimited(values: OrtValues, owned: boolean): Promise<ThreadAnswer> {
    const { hangLimitMs } = this.options;
    const { thread } = this;
    if (hangLimitMs === undefined) return thread.run(values, owned);
    const cancel = this.clock.after(hangLimitMs, () => {
      const reason = `a run took longer than ${hangLimitMs} ms and was given up`;
      thread.abandon(lost(reason));
      this.lose(thread, reason);
    });
    try {
      return await thread.run(values, owned);
    } finally {
      cancel();
    }
  }

  private watch(thread: ModelThread): void {
    void thread.ended.then((reason) => this.lose(thread, reason));
  }

  /** The thread is of no use any more: another one takes its place, after a while if this happens often. */
  private lose(thread: ModelThread, reason: string): void {
    if (thread !== this.thread || this.current === 'closed') return;
    const { delayMs, isLoop } = this.restarts.next();
    this.restarted = new Promise((resolve) => {
      const cancel = this.clock.after(delayMs, () => void this.restart().then(resolve));
      this.endRestart = () => {
        cancel();
        resolve();
      };
    });
    this.enter(isLoop ? 'failed' : 'restarting', reason);
  }

  private async restart(): Promise<void> {
    const thread = new ModelThread(this.options);
    this.thread = thread;
    try {
      const { metadata } = await thread.opened;
      if (!isDeepStrictEqual(metadata, this.metadata)) throw new Error('the model file has changed');
    } catch (error) {
      void thread.close();
      this.lose(thread, messageOf(error));
      return;
    }
    if (this.current === 'closed') return;
    this.watch(thread);
    this.enter('ready', 'the model is loaded in a new worker thread');
  }

  private enter(state: SessionState, reason: string): void {
    this.current = state;
    this.options.onState?.(state, reason);
  }
}

function lost(message: string): InferenceError {
  return new InferenceError('WORKER_LOST', message);
}
