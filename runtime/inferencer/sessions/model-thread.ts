import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { InferenceError } from '../../errors';
import { type NamedTensors } from '../../tensor/tensor';
import { ModelHost, startOf } from './model-host';
import { SpareBuffers } from './spare-buffers';
import { type SteppedModelOptions } from './stepped-model';
import {
  postTensors,
  receiveTensors,
  type SentTensors,
  type ThreadReply,
  type ThreadRequest,
} from './worker-messages';

const inNativeCode = new Set<ModelThread>();

/**
 * Threads of this process that load or run a model. While there are any, `process.exit` waits for them and then ends
 * with an abort (see {@link ModelThread.giveUp}); only a SIGKILL ends the process before.
 */
export function countBusyThreads(): number {
  return inNativeCode.size;
}

/** A worker thread with one model. */
export class ModelThread extends ModelHost {
  readonly ended: Promise<string>;
  readonly canBeKilled = false;
  private readonly worker: Worker;
  private readonly spares = new SpareBuffers();
  private failure: Error | undefined;

  /** @throws ConfigurationError when there is no such engine. */
  constructor(options: SteppedModelOptions) {
    super();
    this.worker = new Worker(join(__dirname, 'worker-thread.js'), {
      workerData: startOf(options),
      name: 'model',
    });
    inNativeCode.add(this);
    this.ended = new Promise((resolve) => this.worker.once('exit', (code) => resolve(this.onExit(code))));
    this.worker.on('error', (error: Error) => (this.failure = error));
    this.worker.on('message', (reply: ThreadReply) => this.onReply(reply));
  }

  async close(): Promise<void> {
    this.worker.postMessage({ kind: 'close' } satisfies ThreadRequest);
    await this.ended;
  }

  protected send(id: number, feeds: NamedTensors, owned: boolean): void {
    inNativeCode.add(this);
    const toRequest = (moved: SentTensors): ThreadRequest => ({ kind: 'run', id, feeds: moved });
    postTensors(this.worker, feeds, owned, toRequest, { spares: this.spares });
  }

  /**
   * Leaves the thread to itself: it ends when the engine returns. It cannot be ended before: nothing interrupts native code,
   * and ONNX Runtime's binding ends the process when it returns to a thread that is being terminated.
   */
  protected giveUp(): void {
    this.worker.unref();
    void this.close();
  }

  private onReply(reply: ThreadReply): void {
    if (reply.kind === 'answer') this.spares.keep(reply.spares);
    this.take(reply, reply.kind === 'answer' ? receiveTensors(reply.outputs) : {});
    if (!this.isBusy) inNativeCode.delete(this);
  }

  private onExit(code: number): string {
    inNativeCode.delete(this);
    const reason = this.failure?.message ?? `it ended with code ${code}`;
    const message = `the model's worker thread ended: ${reason}`;
    this.end(new InferenceError('WORKER_LOST', message, { cause: this.failure }));
    return reason;
  }
}
