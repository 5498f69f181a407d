import { constants, getPriority, platform, setPriority } from 'node:os';
import { ConfigurationError, messageOf } from '../../../contracts/program/problem';
import { type NamedTensors, type Tensor } from '../../tensor/tensor';
import { registerEngine } from '../engines/engines';
import { LARGE_BYTES } from './spare-buffers';
import { SteppedModel, toInferenceError } from './stepped-model';
import { type AnswerReply, type HostReply, type WorkerStart } from './worker-messages';

/** The way from a model's thread or process to its session. */
export interface ReplyPort {
  post(reply: Exclude<HostReply, AnswerReply>): void;
  /** @param spares memory of large inputs that nothing reads any more */
  postAnswer(reply: AnswerReply, outputs: NamedTensors, spares: readonly ArrayBuffer[]): void;
}

/** Niceness of a model's threads: where they and the main thread want the same core, they get a third of its time. */
const NICENESS = 5;

/** A model in its own thread or process: loads it, then runs it for each request of its session, one after the other. */
export class ModelServer {
  private running: Promise<void> = Promise.resolve();

  private constructor(
    private readonly model: SteppedModel,
    private readonly port: ReplyPort,
  ) {}

  /** Undefined when the model cannot be loaded; the session has been told why. */
  static async open(
    start: WorkerStart,
    movesOutputs: boolean,
    port: ReplyPort,
  ): Promise<ModelServer | undefined> {
    stepBack();
    registerEngine(start.engine, start.engineModule);
    try {
      const model = await SteppedModel.open(start, movesOutputs);
      const { metadata, refusesEmpty, openMs } = model;
      port.post({ kind: 'opened', metadata, refusesEmpty, openMs });
      return new ModelServer(model, port);
    } catch (error) {
      // Any other error ends the thread or process, which its session notices.
      if (!(error instanceof ConfigurationError)) throw error;
      port.post({ kind: 'refused', source: error.source, problems: error.problems });
      return undefined;
    }
  }

  run(id: number, feeds: NamedTensors): void {
    // One after the other: the steps before a run write to memory that the previous run reads.
    this.running = this.running.then(() => this.answer(id, feeds));
  }

  /** Frees the model after the last run. */
  async close(): Promise<void> {
    await this.running;
    await this.model.release();
  }

  private async answer(id: number, feeds: NamedTensors): Promise<void> {
    const { model, port } = this;
    try {
      const outputs = await model.run(model.before(feeds));
      const { lastRunMs: runMs } = model;
      if (model.hasStepsAfter) port.post({ kind: 'free', id });
      const answer = model.after(outputs);
      port.postAnswer(
        { kind: 'answer', id, runMs, stepMs: model.stepMs },
        answer,
        largeBuffers(feeds, answer),
      );
    } catch (error) {
      const { code, message, step, cause } = toInferenceError(error);
      port.post({
        kind: 'failure',
        id,
        code,
        message,
        ...(step !== undefined && { step }),
        ...(cause !== undefined && { cause: messageOf(cause) }),
      });
    }
  }
}

/** Memory of the inputs that nothing reads any more, each once; what the answer lies in is not among it. */
function largeBuffers(feeds: NamedTensors, answer: NamedTensors): ArrayBuffer[] {
  const answered = new Set(Object.values(answer).map(bufferOf));
  const large = new Set(
    Object.values(feeds).flatMap((feed) => {
      const buffer = bufferOf(feed);
      return buffer === undefined || buffer.byteLength < LARGE_BYTES || answered.has(buffer) ? [] : [buffer];
    }),
  );
  return [...large];
}

function bufferOf({ data }: Tensor): ArrayBuffer | undefined {
  return Array.isArray(data) ? undefined : (data.buffer as ArrayBuffer);
}

/**
 * Lets the main thread go first. Linux has a priority for each thread, which those that it starts (the engine's) get as well;
 * elsewhere it would be that of the whole process.
 */
function stepBack(): void {
  if (platform() === 'linux')
    setPriority(0, Math.min(getPriority(0) + NICENESS, constants.priority.PRIORITY_LOW));
}
