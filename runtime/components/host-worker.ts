import { MessageChannel, Worker, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { ComponentError } from '../../contracts/package/component-error';
import { messageOf } from '../../contracts/program/problem';
import { threadEntry } from '../../contracts/program/thread-entry';
import { InferenceError } from '../errors';
import { type Flow } from '../tensor/tensor';
import { type OutputListener } from './component-output';
import { type Thrown } from './describe-thrown';
import {
  type HostAnswer,
  type HostedComponent,
  type HostedStep,
  type HostJob,
  type HostQuestion,
  type HostReport,
  type HostThreadData,
  type Numbered,
} from './transformation-host-protocol';

/** A data step that waits for its result. */
export interface PendingJob {
  readonly job: HostJob;
  readonly timeoutMs: number;
  readonly resolve: (flow: Flow) => void;
  readonly reject: (error: Error) => void;
}

export interface HostWorkerOptions {
  /** Longest that loading the components may take. */
  readonly loadTimeoutMs: number;
  readonly onOutput?: OutputListener;
  /** A job is done; the thread may take another one. */
  readonly onDone: () => void;
  /**
   * The thread failed, ended, or exceeded a timeout, and takes no more jobs. The job that it ran has failed; `jobs` are
   * those behind it.
   */
  readonly onLost: (reason: string, jobs: readonly PendingJob[]) => void;
}

/** One thread of a component's code. It runs jobs one at a time, in order; its owner replaces it when it is lost. */
export class HostWorker {
  /** Resolves when the components are loaded. @throws ComponentError (as a rejection) when one does not load, or not in time. */
  readonly loaded: Promise<void>;
  private isLoaded = false;
  private isLost = false;
  private readonly pending = new Map<number, PendingJob>();
  private readonly worker: Worker;
  private readonly questions: MessagePort;
  private readonly signal = new Int32Array(new SharedArrayBuffer(4));
  private lastQuestion = 0;
  private watchdog: NodeJS.Timeout | undefined;
  private settleLoading: (error?: Error) => void = () => undefined;

  constructor(
    private readonly components: readonly HostedComponent[],
    steps: readonly HostedStep[],
    private readonly options: HostWorkerOptions,
  ) {
    const { port1, port2 } = new MessageChannel();
    this.questions = port1;
    const workerData: HostThreadData = {
      components,
      steps: [...steps],
      signal: this.signal,
      questions: port2,
    };
    this.worker = new Worker(threadEntry(__dirname, 'transformation-host-thread'), {
      workerData,
      transferList: [port2],
      name: 'transformations',
    });
    port1.unref();
    this.loaded = new Promise((resolve, reject) => {
      this.settleLoading = (error) => (error === undefined ? resolve() : reject(error));
    });
    // Callers handle the rejection; a thread that replaces another has none.
    this.loaded.catch(() => undefined);
    this.worker.on('message', (report: HostReport) => this.take(report));
    this.worker.on('error', (error) => this.lose(`its thread failed: ${messageOf(error)}`, 'STEP_FAILED'));
    this.worker.on('exit', () => this.lose('it ended its thread', 'STEP_FAILED'));
    this.watch();
  }

  /** Jobs that the thread has been given and has not finished. */
  get size(): number {
    return this.pending.size;
  }

  run(pending: PendingJob): void {
    this.pending.set(pending.job.id, pending);
    this.worker.postMessage(pending.job);
    if (this.pending.size === 1) this.watch();
  }

  /** Has the thread take the parameters of a step that another thread has checked. */
  prepare(step: HostedStep): void {
    this.worker.postMessage({ take: step });
  }

  /** Puts a question to the thread and waits for the answer; the calling thread is blocked meanwhile. */
  ask(question: HostQuestion, timeoutMs: number): HostAnswer {
    const id = ++this.lastQuestion;
    const endMs = performance.now() + timeoutMs;
    Atomics.store(this.signal, 0, 0);
    this.questions.postMessage({ id, content: question } satisfies Numbered<HostQuestion>);
    for (let leftMs = timeoutMs; leftMs > 0; leftMs = endMs - performance.now()) {
      Atomics.wait(this.signal, 0, 0, leftMs);
      Atomics.store(this.signal, 0, 0);
      // An answer to a question that was given up may lie before the one that is waited for.
      for (;;) {
        const received: { message: Numbered<HostAnswer> } | undefined = receiveMessageOnPort(this.questions);
        if (received === undefined) break;
        if (received.message.id === id) return received.message.content;
      }
    }
    return { failed: `it did not answer within ${timeoutMs} ms` };
  }

  /** Ends the thread; jobs in it are rejected with `error`. */
  async close(error: Error): Promise<void> {
    this.isLost = true;
    clearTimeout(this.watchdog);
    this.settleLoading(new ComponentError('the pipeline has been closed'));
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
    await this.worker.terminate();
  }

  private take(report: HostReport): void {
    if (report.kind === 'output')
      return this.options.onOutput?.(report.component, report.stream, report.text);
    if (this.isLost) return;
    if (report.kind === 'load-failed') return this.lose(report.message, 'STEP_FAILED', report.message);
    if (report.kind === 'loaded') {
      this.isLoaded = true;
      this.settleLoading();
      return this.watch();
    }
    const pending = this.pending.get(report.id);
    if (pending === undefined) return;
    this.pending.delete(report.id);
    this.watch();
    if (report.kind === 'done') pending.resolve(report.flow);
    else pending.reject(toError(report.thrown));
    this.options.onDone();
  }

  /** Jobs run in order, so the oldest is the one that runs. While the thread loads, no job's time runs yet. */
  private watch(): void {
    clearTimeout(this.watchdog);
    const [oldest] = this.pending.values();
    if (this.isLoaded && oldest === undefined) return;
    const [what, limitMs] = this.isLoaded
      ? (['it did not return', oldest.timeoutMs] as const)
      : (['loading did not end', this.options.loadTimeoutMs] as const);
    this.watchdog = setTimeout(() => this.lose(`${what} within ${limitMs} ms`, 'STEP_TIMEOUT'), limitMs);
  }

  private lose(
    reason: string,
    code: 'STEP_FAILED' | 'STEP_TIMEOUT',
    whyNotLoaded = `${this.components.map(({ name }) => `'${name}'`).join(', ')}: ${reason}`,
  ): void {
    if (this.isLost) return;
    this.isLost = true;
    clearTimeout(this.watchdog);
    void this.worker.terminate();
    this.settleLoading(new ComponentError(whyNotLoaded));
    const [oldest, ...others] = this.pending.values();
    this.pending.clear();
    oldest?.reject(new InferenceError(code, reason));
    this.options.onLost(reason, others);
  }
}

/** Why a data step failed. Its stack, for the log, is the author's; the message alone is for the client. */
function toError({ message, place, stack }: Thrown): InferenceError {
  const cause =
    stack === undefined ? undefined : new ComponentFailure(place ?? 'in code that it calls', stack);
  return new InferenceError('STEP_FAILED', message, { cause });
}

/** Where a component's code failed, for the log. */
class ComponentFailure extends Error {
  override readonly name = 'ComponentFailure';

  constructor(place: string, stack: string) {
    super(place);
    this.stack = stack;
  }
}
