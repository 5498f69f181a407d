import { MessageChannel, Worker, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { InferenceError } from '../errors';
import { messageOf } from '../../contracts/program/problem';
import { type StepNames } from '../transformations/transformation';
import { type Flow } from '../tensor/tensor';
import { threadEntry } from '../../contracts/program/thread-entry';
import { ComponentError } from '../../contracts/package/component-error';
import { compactFlow } from './compact-flow';
import {
  type HostAnswer,
  type HostJob,
  type HostQuestion,
  type HostReport,
  type HostThreadData,
  type HostedStep,
} from './transformation-host-protocol';

export interface TransformationHostOptions {
  readonly components: readonly { readonly name: string; readonly entry: string }[];
  /** Longest that loading the components may take. */
  readonly loadTimeoutMs: number;
  /** Longest that a format step may take; the caller's thread waits meanwhile. */
  readonly questionTimeoutMs: number;
  readonly onRestart?: (reason: string) => void;
}

interface Pending {
  readonly job: HostJob;
  readonly timeoutMs: number;
  readonly resolve: (flow: Flow) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Runs the code of a pipeline's components in a thread of its own. A step that throws fails its request; one that does
 * not return in time is ended with its thread, a new thread takes over, and the requests behind it are run there.
 */
export class TransformationHost {
  private readonly steps: HostedStep[] = [];
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private watchdog: NodeJS.Timeout | undefined;
  private closed = false;

  private constructor(
    private readonly options: TransformationHostOptions,
    private thread: HostThread | undefined,
  ) {
    this.listen();
  }

  /**
   * Starts the thread and loads the components in it.
   * @throws ComponentError when one does not load, or not in time.
   */
  static async start(options: TransformationHostOptions): Promise<TransformationHost> {
    return new TransformationHost(options, await startThread(options, []));
  }

  /** Puts a question of the load to the thread and waits for the answer; the calling thread stands still meanwhile. */
  ask(question: HostQuestion): HostAnswer {
    const { signal, questions } = this.running();
    Atomics.store(signal, 0, 0);
    questions.postMessage(question);
    Atomics.wait(signal, 0, 0, this.options.questionTimeoutMs);
    const received: { message: HostAnswer } | undefined = receiveMessageOnPort(questions);
    if (received === undefined)
      return { failed: `it did not answer within ${this.options.questionTimeoutMs} ms` };
    if (question.ask === 'parse' && 'parsed' in received.message) this.steps.push(question.step);
    return received.message;
  }

  /** One data step. @throws InferenceError STEP_FAILED or STEP_TIMEOUT (as a rejection). */
  apply(handle: number, flow: Flow, names: StepNames, timeoutMs: number): Promise<Flow> {
    if (this.closed) return Promise.reject(new InferenceError('WORKER_LOST', 'the pipeline has been closed'));
    const job: HostJob = { id: this.nextId++, handle, flow: compactFlow(flow), names };
    return new Promise((resolve, reject) => {
      this.pending.set(job.id, { job, timeoutMs, resolve, reject });
      this.running().worker.postMessage(job);
      if (this.pending.size === 1) this.watch();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.watchdog);
    for (const { reject } of this.pending.values()) {
      reject(new InferenceError('WORKER_LOST', 'the pipeline has been closed'));
    }
    this.pending.clear();
    await this.thread?.worker.terminate();
  }

  /** The thread; after one that was lost, a new one is started when there is work for it. */
  private running(): HostThread {
    if (this.thread === undefined) {
      this.thread = openThread(this.options, this.steps);
      this.listen();
    }
    return this.thread;
  }

  private listen(): void {
    const worker = this.thread?.worker;
    if (worker === undefined) return;
    worker.on('message', (report: HostReport) => this.take(report));
    worker.on('error', (error) => this.replace(`its thread failed: ${messageOf(error)}`, 'STEP_FAILED'));
    worker.on('exit', () => this.replace('it ended its thread', 'STEP_FAILED'));
  }

  private take(report: HostReport): void {
    if (report.kind === 'loaded' && this.thread !== undefined) {
      this.thread.isLoaded = true;
      this.watch();
    }
    if (report.kind !== 'done' && report.kind !== 'threw') return;
    const pending = this.pending.get(report.id);
    if (pending === undefined) return;
    this.pending.delete(report.id);
    this.watch();
    if (report.kind === 'done') pending.resolve(report.flow);
    else pending.reject(new InferenceError('STEP_FAILED', report.message));
  }

  /** Jobs run in order, so the oldest is the one that runs. */
  private watch(): void {
    clearTimeout(this.watchdog);
    const [oldest] = this.pending.values();
    if (oldest === undefined) return;
    // While a new thread still loads, the job has not begun: its own time is not running yet.
    const [what, limitMs] = this.thread?.isLoaded
      ? ['return', oldest.timeoutMs]
      : ['load', this.options.loadTimeoutMs];
    this.watchdog = setTimeout(
      () => this.replace(`it did not ${what} within ${limitMs} ms`, 'STEP_TIMEOUT'),
      limitMs,
    );
  }

  private replace(reason: string, code: 'STEP_FAILED' | 'STEP_TIMEOUT'): void {
    const lost = this.thread?.worker;
    if (this.closed || lost === undefined) return;
    clearTimeout(this.watchdog);
    this.thread = undefined;
    forgetListeners(lost);
    // What a thread that is being ended still says concerns nobody.
    lost.on('error', () => undefined);
    void lost.terminate();
    const [oldest] = this.pending.values();
    if (oldest !== undefined) {
      this.pending.delete(oldest.job.id);
      oldest.reject(new InferenceError(code, reason));
    }
    this.options.onRestart?.(reason);
    for (const { job } of this.pending.values()) this.running().worker.postMessage(job);
    this.watch();
  }
}

interface HostThread {
  /** Whether the components' modules have been loaded. */
  isLoaded: boolean;
  readonly worker: Worker;
  readonly questions: MessagePort;
  readonly signal: Int32Array;
}

function openThread({ components }: TransformationHostOptions, steps: readonly HostedStep[]): HostThread {
  const { port1: questions, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const workerData: HostThreadData = { components, steps: [...steps], signal, questions: port2 };
  const worker = new Worker(threadEntry(__dirname, 'transformation-host-thread'), {
    workerData,
    transferList: [port2],
    name: 'transformations',
  });
  questions.unref();
  return { isLoaded: false, worker, questions, signal };
}

async function startThread(
  options: TransformationHostOptions,
  steps: readonly HostedStep[],
): Promise<HostThread> {
  const thread = openThread(options, steps);
  const { worker } = thread;
  const names = options.components.map(({ name }) => `'${name}'`).join(', ');
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new ComponentError(`${names}: loading did not end within ${options.loadTimeoutMs} ms`)),
        options.loadTimeoutMs,
      );
      worker.once('error', (error) => reject(new ComponentError(`${names}: ${messageOf(error)}`)));
      worker.once('exit', () => reject(new ComponentError(`${names}: the thread ended while loading`)));
      worker.once('message', (report: HostReport) => {
        if (report.kind === 'load-failed') reject(new ComponentError(report.message));
        else resolve();
      });
    });
  } catch (error) {
    void worker.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
    forgetListeners(worker);
  }
  thread.isLoaded = true;
  return thread;
}

/** Takes our listeners off; a worker has listeners of its own, which all of them would include. */
function forgetListeners(worker: Worker): void {
  for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
}
