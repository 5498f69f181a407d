import { loadEngine } from '../engines/engines';
import { isDeepStrictEqual } from 'node:util';
import { InferenceError } from '../../errors';
import { ConfigurationError, messageOf } from '../../../contracts/program/problem';
import { SYSTEM_CLOCK, type Clock } from '../../scheduling/clock';
import { type ModelMetadata } from '../../formats/model-metadata';
import { type NamedTensors, type Tensor } from '../../tensor/tensor';
import { HUNG_THREADS, type HungThreads } from './hung-threads';
import { type HostAnswer, type ModelHost } from './model-host';
import { ModelProcess, ModelProcessEnded } from './model-process';
import { ModelThread } from './model-thread';
import { type OpenedModel } from './worker-messages';
import { sessionClosed, type ModelSession, type SessionState } from './model-session';
import { type SteppedModelOptions } from './stepped-model';
import { RestartPolicy } from './restart-policy';

export interface WorkerSessionOptions extends SteppedModelOptions {
  /** Where the model runs. A crash of a process ends nothing else, and a run that hangs there can be ended. Default: thread. */
  readonly host?: 'thread' | 'process';
  /** A run that takes longer is given up and its host replaced, in milliseconds. Default: runs may take any time. */
  readonly hangLimitMs?: number;
  /** Told when the host is lost, is back, or is given up for a while, and why. */
  readonly onState?: (state: SessionState, reason: string) => void;
  readonly clock?: Clock;
  /** Where threads are counted that were given up in native code. Default: those of this process. */
  readonly hungThreads?: HungThreads;
}

/** How long a host may go on with its run when its session is closed. */
const CLOSE_GRACE_MS = 5_000;
/** A new host that has not loaded the model in this time, or in this many times what the first one took, hangs. */
const LOAD_LIMIT_MS = 60_000;
const LOAD_LIMIT_FACTOR = 20;
/** The same for its trial run, where runs have no limit. */
const TRIAL_LIMIT_MS = 60_000;

/**
 * A model in a thread or process of its own: the main thread stays responsive while a run takes seconds. A host that dies, or
 * hangs past the limit, is replaced; its runs are rejected: with WORKER_LOST those of a thread and those that took too long,
 * with MODEL_FAILED those whose process has ended. When hosts keep dying, or so many threads hang that none may be started,
 * the session is `failed` and refuses runs at once, until a new host has loaded the model and has answered a trial run.
 */
export class WorkerSession implements ModelSession {
  readonly blocksCaller = false;
  lastRunMs = 0;
  lastStepMs: readonly number[] = [];
  private current: SessionState = 'ready';
  private readonly restarts: RestartPolicy;
  private readonly clock: Clock;
  private readonly hungThreads: HungThreads;
  private trial: (() => NamedTensors) | undefined;
  private whyFailed = '';
  /** Settles when the next thread has the model or has failed, and when the session is closed. */
  private restarted: Promise<void> = Promise.resolve();
  private endRestart: () => void = () => undefined;
  private lostHost: ModelHost | undefined;

  private constructor(
    private host: ModelHost,
    private readonly model: OpenedModel,
    private readonly options: WorkerSessionOptions,
  ) {
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.restarts = new RestartPolicy(this.clock);
    this.hungThreads = options.hungThreads ?? HUNG_THREADS;
    this.watch(host);
  }

  /** @throws ConfigurationError when the model cannot be loaded. */
  static async open(options: WorkerSessionOptions): Promise<WorkerSession> {
    // Loaded here too: an engine may have to set what only the main thread can, such as the environment.
    loadEngine(options.engine ?? 'onnx');
    const host = startHost(options);
    try {
      return new WorkerSession(host, await host.opened, options);
    } catch (error) {
      if (!(error instanceof ModelProcessEnded)) throw error;
      const message = `loading the model ended the process that tried to: ${error.reason}`;
      throw new ConfigurationError(options.modelFile, [{ path: '', message }]);
    }
  }

  get metadata(): ModelMetadata {
    return this.model.metadata;
  }

  get refusesEmpty(): boolean {
    return this.model.refusesEmpty;
  }

  /** Milliseconds that loading the model took in its host. */
  get openMs(): number {
    return this.model.openMs;
  }

  get state(): SessionState {
    return this.current;
  }

  /** Inputs that the model is known to take; a host that follows several that died is tried with them before it serves. */
  tryWith(makeFeeds: () => NamedTensors): void {
    this.trial = makeFeeds;
  }

  async run(feeds: NamedTensors, owned: boolean, onFree?: () => void): Promise<NamedTensors> {
    while (this.current === 'restarting') await this.restarted;
    if (this.current === 'closed') throw sessionClosed();
    if (this.current === 'failed') throw lost(this.whyFailed);
    const { outputs, runMs, stepMs } = await this.runLimited(this.inputsOf(feeds), owned, onFree);
    this.lastRunMs = runMs;
    this.lastStepMs = stepMs;
    return outputs;
  }

  async close(): Promise<void> {
    if (this.current === 'closed') return;
    this.current = 'closed';
    this.endRestart();
    const { host } = this;
    await new Promise<void>((resolve) => {
      const cancel = this.clock.after(CLOSE_GRACE_MS, () => {
        this.abandon(host, 'the model was closed before the run was over');
        resolve();
      });
      void host.close().then(() => {
        cancel();
        resolve();
      });
    });
  }

  private async runLimited(feeds: NamedTensors, owned: boolean, onFree?: () => void): Promise<HostAnswer> {
    const { hangLimitMs } = this.options;
    const { host } = this;
    if (hangLimitMs === undefined) return host.run(feeds, owned, onFree);
    const reason = `a run took longer than ${hangLimitMs} ms and was given up`;
    return this.limit(host, hangLimitMs, reason, host.run(feeds, owned, onFree));
  }

  /** Waits for `work` of the host; after the limit the host is given up, and another one takes its place. */
  private async limit<T>(host: ModelHost, limitMs: number, reason: string, work: Promise<T>): Promise<T> {
    const cancel = this.clock.after(limitMs, () => {
      this.abandon(host, reason);
      this.lose(host, reason);
    });
    try {
      return await work;
    } finally {
      cancel();
    }
  }

  private abandon(host: ModelHost, reason: string): void {
    if (!host.canBeKilled) this.hungThreads.add(host.ended);
    host.abandon(lost(reason));
  }

  private watch(host: ModelHost): void {
    void host.ended.then((reason) => this.lose(host, reason));
  }

  /** The host is of no use any more: another one takes its place, after a delay if this happens often. */
  private lose(host: ModelHost, reason: string): void {
    if (host !== this.host || this.current === 'closed' || this.lostHost === host) return;
    this.lostHost = host;
    const { delayMs, isLoop } = this.restarts.next();
    const { isFull, size } = this.hungThreads;
    if (isFull)
      this.whyFailed = `runs hang in the engine (${size}) and cannot be ended; the server has to be restarted`;
    else if (isLoop)
      this.whyFailed = `the model's worker ${host.canBeKilled ? 'processes' : 'threads'} keep ending; the next one starts in seconds`;
    this.restarted = new Promise((resolve) => {
      const start = (): void => void this.restart(isLoop).then(resolve);
      const cancel = isFull ? this.whenRoom(start) : this.clock.after(delayMs, start);
      this.endRestart = () => {
        cancel();
        resolve();
      };
    });
    if (isFull) this.enter('failed', `${reason}; ${this.whyFailed}`);
    else this.enter(isLoop ? 'failed' : 'restarting', reason);
  }

  /** Calls `start` once a thread that hung has come to its end after all. */
  private whenRoom(start: () => void): () => void {
    const stop = this.hungThreads.follow(() => {
      if (this.hungThreads.isFull) return;
      stop();
      start();
    });
    return stop;
  }

  /** @param isTried whether the new thread has to show that it can run the model before it serves */
  private async restart(isTried: boolean): Promise<void> {
    const host = startHost(this.options);
    this.host = host;
    try {
      const limitMs = Math.max(LOAD_LIMIT_MS, LOAD_LIMIT_FACTOR * this.openMs);
      const reason = `loading the model took longer than ${Math.round(limitMs)} ms and was given up`;
      const { metadata } = await this.limit(host, limitMs, reason, host.opened);
      if (!isDeepStrictEqual(metadata, this.metadata)) throw new Error('the model file has changed');
      if (isTried) await this.tryHost(host);
    } catch (error) {
      void host.close();
      this.lose(host, messageOf(error));
      return;
    }
    if (this.current === 'closed') return;
    this.watch(host);
    this.enter('ready', `the model is loaded in a new worker ${host.canBeKilled ? 'process' : 'thread'}`);
  }

  private async tryHost(host: ModelHost): Promise<void> {
    if (this.trial === undefined) return;
    const limitMs = this.options.hangLimitMs ?? TRIAL_LIMIT_MS;
    const reason = `the trial run took longer than ${limitMs} ms and was given up`;
    await this.limit(host, limitMs, reason, host.run(this.inputsOf(this.trial()), true));
  }

  /** What the model takes, and nothing that it would be a waste to send. */
  private inputsOf(feeds: NamedTensors): NamedTensors {
    const inputs: Record<string, Tensor> = {};
    for (const name in this.metadata.inputs) inputs[name] = feeds[name];
    return inputs;
  }

  private enter(state: SessionState, reason: string): void {
    this.current = state;
    this.options.onState?.(state, reason);
  }
}

function startHost(options: WorkerSessionOptions): ModelHost {
  return options.host === 'process' ? new ModelProcess(options) : new ModelThread(options);
}

function lost(message: string): InferenceError {
  return new InferenceError('WORKER_LOST', message);
}
