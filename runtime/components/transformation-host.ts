import { InferenceError } from '../errors';
import { type StepNames } from '../transformations/transformation';
import { type Flow } from '../tensor/tensor';
import { compactFlow } from './compact-flow';
import { type OutputListener } from './component-output';
import { HostWorker, type PendingJob } from './host-worker';
import {
  type HostAnswer,
  type HostedComponent,
  type HostedStep,
  type HostQuestion,
} from './transformation-host-protocol';

export interface TransformationHostOptions {
  readonly components: readonly (HostedComponent & {
    /** Threads that run this component alone. Default: one thread, shared with all components that do not say. */
    readonly workers?: number;
  })[];
  /** Longest that loading the components may take. */
  readonly loadTimeoutMs: number;
  /** Longest that a format step may take; the caller's thread is blocked meanwhile. */
  readonly questionTimeoutMs: number;
  /** A thread was lost and is replaced. */
  readonly onRestart?: (reason: string) => void;
  /** A component wrote a line. */
  readonly onOutput?: OutputListener;
}

/**
 * Runs the code of a pipeline's components in threads: one that they share, and as many as a component asks for. A step
 * that throws fails its request; one that does not return in time is ended with its thread, a new thread takes over, and
 * the requests behind it are run there. Each request has its own result and timeout, whatever runs beside it.
 */
export class TransformationHost {
  private constructor(private readonly groups: ReadonlyMap<string, ThreadGroup>) {}

  /**
   * Starts the threads and loads the components in them.
   * @throws ComponentError when one does not load, or not in time.
   */
  static async start(options: TransformationHostOptions): Promise<TransformationHost> {
    const shared = options.components.filter(({ workers }) => workers === undefined);
    const own = options.components.filter(({ workers }) => workers !== undefined);
    const lists = [...(shared.length > 0 ? [shared] : []), ...own.map((component) => [component])];
    const groups = new Map<string, ThreadGroup>();
    for (const list of lists) {
      const group = new ThreadGroup(list, list[0].workers ?? 1, options);
      for (const { name } of list) groups.set(name, group);
    }
    const host = new TransformationHost(groups);
    try {
      await Promise.all([...new Set(groups.values())].map((group) => group.open()));
    } catch (error) {
      await host.close();
      throw error;
    }
    return host;
  }

  /** Puts a question of the load to a component and waits for the answer; the calling thread is blocked meanwhile. */
  ask(component: string, question: HostQuestion): HostAnswer {
    return this.groupOf(component).ask(question);
  }

  /** One data step. @throws InferenceError STEP_FAILED or STEP_TIMEOUT (as a rejection). */
  apply(component: string, handle: number, flow: Flow, names: StepNames, timeoutMs: number): Promise<Flow> {
    return this.groupOf(component).apply(handle, flow, names, timeoutMs);
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(this.groups.values())].map((group) => group.close()));
  }

  private groupOf(component: string): ThreadGroup {
    const group = this.groups.get(component);
    if (group === undefined) throw new Error(`component '${component}' is not hosted here`);
    return group;
  }
}

/** The threads of some components. Any of them takes any job. */
class ThreadGroup {
  private readonly steps: HostedStep[] = [];
  private readonly threads: HostWorker[] = [];
  private readonly queue: PendingJob[] = [];
  private nextId = 1;
  private isOpen = false;

  constructor(
    private readonly components: readonly HostedComponent[],
    private readonly workers: number,
    private readonly options: TransformationHostOptions,
  ) {}

  async open(): Promise<void> {
    while (this.threads.length < this.workers) this.addThread();
    await Promise.all(this.threads.map(({ loaded }) => loaded));
    this.isOpen = true;
  }

  ask(question: HostQuestion): HostAnswer {
    const thread = this.threads.at(0) ?? this.addThread();
    const answer = thread.ask(question, this.options.questionTimeoutMs);
    if (question.ask === 'parse' && 'parsed' in answer) {
      this.steps.push(question.step);
      for (const other of this.threads) if (other !== thread) other.prepare(question.step);
    }
    return answer;
  }

  apply(handle: number, flow: Flow, names: StepNames, timeoutMs: number): Promise<Flow> {
    if (!this.isOpen) return Promise.reject(closedError());
    const job = { id: this.nextId++, handle, flow: compactFlow(flow), names };
    return new Promise((resolve, reject) => {
      this.queue.push({ job, timeoutMs, resolve, reject });
      this.pump();
    });
  }

  async close(): Promise<void> {
    this.isOpen = false;
    for (const { reject } of this.queue.splice(0)) reject(closedError());
    await Promise.all(this.threads.map((thread) => thread.close(closedError())));
  }

  /**
   * Gives jobs to threads. A single thread gets all at once, so that it never waits for the next one; of several, each gets
   * one at a time, so that no job waits behind a slow one while another thread is idle.
   */
  private pump(): void {
    while (this.queue.length > 0) {
      const thread = this.threadForNext();
      if (thread === undefined) return;
      thread.run(this.queue.shift() as PendingJob);
    }
  }

  private threadForNext(): HostWorker | undefined {
    const idle = this.workers === 1 ? this.threads.at(0) : this.threads.find(({ size }) => size === 0);
    return idle ?? (this.threads.length < this.workers ? this.addThread() : undefined);
  }

  private addThread(): HostWorker {
    const thread = new HostWorker(this.components, this.steps, {
      loadTimeoutMs: this.options.loadTimeoutMs,
      onOutput: this.options.onOutput,
      onDone: () => this.pump(),
      onLost: (reason, jobs) => {
        this.threads.splice(this.threads.indexOf(thread), 1);
        if (!this.isOpen) return;
        this.options.onRestart?.(reason);
        this.queue.unshift(...jobs);
        this.pump();
      },
    });
    this.threads.push(thread);
    return thread;
  }
}

function closedError(): InferenceError {
  return new InferenceError('WORKER_LOST', 'the pipeline has been closed');
}
