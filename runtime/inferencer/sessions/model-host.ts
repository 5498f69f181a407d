import { ConfigurationError } from '../../../contracts/program/problem';
import { InferenceError } from '../../errors';
import { type NamedTensors } from '../../tensor/tensor';
import { engineModule } from '../engines/engines';
import { type HostReply, type OpenedModel, type WorkerStart } from './worker-messages';
import { type SteppedModelOptions } from './stepped-model';

export interface HostAnswer {
  readonly outputs: NamedTensors;
  readonly runMs: number;
  readonly stepMs: readonly number[];
}

interface Pending<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

interface PendingRun extends Pending<HostAnswer> {
  readonly onFree: (() => void) | undefined;
}

/** One thread or process with one model, from its start to its end. A run that is lost with it is rejected. */
export abstract class ModelHost {
  /** Settles when the model is loaded; rejects with a ConfigurationError when it cannot be, or with `lost` when the host ends. */
  readonly opened: Promise<OpenedModel>;
  /** Resolves with why the host ended. */
  abstract readonly ended: Promise<string>;
  /** Whether a run that hangs can be ended. */
  abstract readonly canBeKilled: boolean;
  private opening: Pending<OpenedModel> | undefined;
  /** By id: one in the engine, and at most one whose steps after it are under way. */
  private readonly running = new Map<number, PendingRun>();
  private lastId = 0;
  private lost: InferenceError | undefined;

  protected constructor() {
    this.opened = new Promise((resolve, reject) => (this.opening = { resolve, reject }));
    // A rejection is not unhandled: `ended` says the same.
    this.opened.catch(() => undefined);
  }

  /**
   * Runs the model; only when the previous run has settled or has called its `onFree`.
   * Rejects with an InferenceError.
   */
  run(feeds: NamedTensors, owned: boolean, onFree?: () => void): Promise<HostAnswer> {
    if (this.lost !== undefined) return Promise.reject(this.lost);
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.running.set(id, { resolve, reject, onFree });
      this.send(id, feeds, owned);
    });
  }

  /** Ends the host once it has done what it was asked for. */
  abstract close(): Promise<void>;

  /** Rejects what is under way and gives the host up. */
  abandon(error: InferenceError): void {
    this.opening?.reject(error);
    this.rejectRuns(error);
    this.giveUp();
  }

  protected abstract send(id: number, feeds: NamedTensors, owned: boolean): void;
  protected abstract giveUp(): void;

  protected get isBusy(): boolean {
    return this.opening !== undefined || this.running.size > 0;
  }

  /** Takes a message of the host; `outputs` are those of an answer. */
  protected take(reply: HostReply, outputs: NamedTensors): void {
    switch (reply.kind) {
      case 'free':
        this.running.get(reply.id)?.onFree?.();
        break;
      case 'opened':
        this.opening?.resolve(reply);
        this.opening = undefined;
        break;
      case 'refused':
        this.opening?.reject(new ConfigurationError(reply.source, reply.problems));
        this.opening = undefined;
        break;
      case 'answer':
        this.settle(reply.id)?.resolve({ outputs, runMs: reply.runMs, stepMs: reply.stepMs });
        break;
      case 'failure': {
        const { code, message, step, cause } = reply;
        const options = { step, ...(cause !== undefined && { cause: new Error(cause) }) };
        this.settle(reply.id)?.reject(new InferenceError(code, message, options));
        break;
      }
    }
  }

  /** The host is gone: everything that waits for it, or asks it later, is rejected. */
  protected end(error: InferenceError): void {
    this.lost = error;
    this.opening?.reject(error);
    this.rejectRuns(error);
  }

  private settle(id: number): PendingRun | undefined {
    const run = this.running.get(id);
    this.running.delete(id);
    return run;
  }

  /** They stay among those that run: the host may yet be in the engine with them. */
  private rejectRuns(error: InferenceError): void {
    for (const run of this.running.values()) run.reject(error);
  }
}

/** What a host is started with. @throws ConfigurationError when there is no such engine. */
export function startOf({
  engine = 'onnx',
  modelFile,
  threads,
  parameters,
  steps,
}: SteppedModelOptions): WorkerStart {
  return { engine, engineModule: engineModule(engine), modelFile, threads, parameters, steps };
}
