import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ConfigurationError } from '../../../contracts/program/problem';
import { InferenceError } from '../../errors';
import { engineModule } from '../engines/engines';
import { type NamedTensors } from '../../tensor/tensor';
import { type SteppedModelOptions } from './stepped-model';
import { SpareBuffers } from './spare-buffers';
import {
  postTensors,
  receiveTensors,
  type SentTensors,
  type WorkerReply,
  type WorkerRequest,
  type WorkerStart,
} from './worker-messages';

export interface ThreadAnswer {
  readonly outputs: NamedTensors;
  readonly runMs: number;
  readonly stepMs: readonly number[];
}

export type OpenedModel = Omit<Extract<WorkerReply, { kind: 'opened' }>, 'kind'>;

interface Pending<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

interface PendingRun extends Pending<ThreadAnswer> {
  readonly onFree: (() => void) | undefined;
}

const inNativeCode = new Set<ModelThread>();

/**
 * Threads of this process that load or run a model. While there are any, `process.exit` waits for them and then ends
 * with an abort (see {@link ModelThread.abandon}); only a SIGKILL ends the process before.
 */
export function countBusyThreads(): number {
  return inNativeCode.size;
}

/** One thread with one model, from its start to its end. A run that is lost with it is rejected. */
export class ModelThread {
  /** Settles when the model is loaded; rejects with a ConfigurationError when it cannot be, or when the thread ends. */
  readonly opened: Promise<OpenedModel>;
  /** Resolves with why the thread ended. */
  readonly ended: Promise<string>;
  private readonly worker: Worker;
  private opening: Pending<OpenedModel> | undefined;
  /** By id: one in the engine, and at most one whose steps after it are under way. */
  private readonly running = new Map<number, PendingRun>();
  private lastId = 0;
  private readonly spares = new SpareBuffers();
  private failure: Error | undefined;
  private lost: InferenceError | undefined;

  /** @throws ConfigurationError when there is no such engine. */
  constructor({ engine = 'onnx', modelFile, threads, parameters, steps }: SteppedModelOptions) {
    const start: WorkerStart = {
      engine,
      engineModule: engineModule(engine),
      modelFile,
      threads,
      parameters,
      steps,
    };
    this.worker = new Worker(join(__dirname, 'worker-thread.js'), { workerData: start, name: 'model' });
    inNativeCode.add(this);
    this.opened = new Promise((resolve, reject) => (this.opening = { resolve, reject }));
    // A rejection is not unhandled: `ended` says the same.
    this.opened.catch(() => undefined);
    this.ended = new Promise((resolve) => this.worker.once('exit', (code) => resolve(this.end(code))));
    this.worker.on('error', (error: Error) => (this.failure = error));
    this.worker.on('message', (reply: WorkerReply) => this.take(reply));
  }

  /**
   * Runs the model; only when the previous run has settled or has called its `onFree`.
   * Rejects with an InferenceError.
   */
  run(feeds: NamedTensors, owned: boolean, onFree?: () => void): Promise<ThreadAnswer> {
    if (this.lost !== undefined) return Promise.reject(this.lost);
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.running.set(id, { resolve, reject, onFree });
      inNativeCode.add(this);
      const toRequest = (moved: SentTensors): WorkerRequest => ({ kind: 'run', id, feeds: moved });
      postTensors(this.worker, feeds, owned, toRequest, { spares: this.spares });
    });
  }

  /** Ends the thread once it has done what it was asked for. */
  async close(): Promise<void> {
    this.worker.postMessage({ kind: 'close' } satisfies WorkerRequest);
    await this.ended;
  }

  /**
   * Rejects what is under way and leaves the thread to itself: it ends when the engine returns. It cannot be ended
   * before: nothing interrupts native code, and ONNX Runtime's binding ends the process when it returns to a thread that
   * is being terminated.
   */
  abandon(error: InferenceError): void {
    this.opening?.reject(error);
    this.rejectRuns(error);
    this.worker.unref();
    void this.close();
  }

  private take(reply: WorkerReply): void {
    switch (reply.kind) {
      case 'free':
        this.running.get(reply.id)?.onFree?.();
        return;
      case 'opened':
        this.opening?.resolve(reply);
        this.opening = undefined;
        break;
      case 'refused':
        this.opening?.reject(new ConfigurationError(reply.source, reply.problems));
        this.opening = undefined;
        break;
      case 'answer':
        this.spares.keep(reply.spares);
        this.settle(reply.id)?.resolve({
          outputs: receiveTensors(reply.outputs),
          runMs: reply.runMs,
          stepMs: reply.stepMs,
        });
        break;
      case 'failure':
        this.settle(reply.id)?.reject(toFailure(reply));
        break;
    }
    if (this.running.size === 0) inNativeCode.delete(this);
  }

  private settle(id: number): PendingRun | undefined {
    const run = this.running.get(id);
    this.running.delete(id);
    return run;
  }

  /** They stay among those that run: the thread may yet be in the engine with them. */
  private rejectRuns(error: InferenceError): void {
    for (const run of this.running.values()) run.reject(error);
  }

  private end(code: number): string {
    inNativeCode.delete(this);
    const reason = this.failure?.message ?? `it ended with code ${code}`;
    this.lost = new InferenceError('WORKER_LOST', `the model's worker thread ended: ${reason}`, {
      cause: this.failure,
    });
    this.opening?.reject(this.lost);
    this.rejectRuns(this.lost);
    return reason;
  }
}

function toFailure({
  code,
  message,
  step,
  cause,
}: Extract<WorkerReply, { kind: 'failure' }>): InferenceError {
  return new InferenceError(code, message, { step, ...(cause !== undefined && { cause: new Error(cause) }) });
}
