/** What runs in a model's own thread: loads the model, then runs it for each request of its session. */
import { constants, getPriority, platform, setPriority } from 'node:os';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { ConfigurationError, messageOf } from '../../../contracts/program/problem';
import { type NamedTensors, type Tensor } from '../../tensor/tensor';
import { registerEngine } from '../engines/engines';
import { LARGE_BYTES } from './spare-buffers';
import { SteppedModel, toInferenceError } from './stepped-model';
import {
  postTensors,
  receiveTensors,
  type SentTensors,
  type WorkerReply,
  type WorkerRequest,
  type WorkerStart,
} from './worker-messages';

async function open(port: MessagePort): Promise<SteppedModel | undefined> {
  const start = workerData as WorkerStart;
  registerEngine(start.engine, start.engineModule);
  try {
    const model = await SteppedModel.open(start, true);
    const { metadata, refusesEmpty, openMs } = model;
    post(port, { kind: 'opened', metadata, refusesEmpty, openMs });
    return model;
  } catch (error) {
    // Any other error ends the thread, which its session notices.
    if (!(error instanceof ConfigurationError)) throw error;
    post(port, { kind: 'refused', source: error.source, problems: error.problems });
    return undefined;
  }
}

async function run(port: MessagePort, model: SteppedModel, id: number, sent: SentTensors): Promise<void> {
  try {
    const feeds = receiveTensors(sent);
    const outputs = await model.run(model.before(feeds));
    const { lastRunMs: runMs } = model;
    if (model.hasStepsAfter) post(port, { kind: 'free', id });
    const answer = model.after(outputs);
    const { stepMs } = model;
    const spares = largeBuffers(feeds, answer);
    const toReply = (moved: SentTensors): WorkerReply => ({
      kind: 'answer',
      id,
      outputs: moved,
      runMs,
      stepMs,
      spares,
    });
    postTensors(port, answer, true, toReply, { also: spares });
  } catch (error) {
    const { code, message, step, cause } = toInferenceError(error);
    post(port, {
      kind: 'failure',
      id,
      code,
      message,
      ...(step !== undefined && { step }),
      ...(cause !== undefined && { cause: messageOf(cause) }),
    });
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

function post(port: MessagePort, reply: WorkerReply): void {
  port.postMessage(reply);
}

/** Niceness of a model's threads: where they and the main thread want the same core, they get a third of its time. */
const NICENESS = 5;

/**
 * Lets the main thread go first. Linux has a priority for each thread, which those that it starts (the engine's)
 * get as well; elsewhere it would be the whole process's.
 */
function stepBack(): void {
  if (platform() === 'linux')
    setPriority(0, Math.min(getPriority(0) + NICENESS, constants.priority.PRIORITY_LOW));
}

async function main(port: MessagePort): Promise<void> {
  stepBack();
  const model = await open(port);
  if (model === undefined) {
    port.close();
    return;
  }
  let running = Promise.resolve();
  port.on('message', (request: WorkerRequest) => {
    // One after the other: the steps before a run write to memory that the previous run reads.
    running = running.then(() =>
      request.kind === 'run' ? run(port, model, request.id, request.feeds) : close(port, model),
    );
  });
}

async function close(port: MessagePort, model: SteppedModel): Promise<void> {
  await model.release();
  port.close();
}

// An error here must end the thread, not only its promise.
if (parentPort !== null) {
  main(parentPort).catch((error: unknown) => {
    setImmediate(() => {
      throw error;
    });
  });
}
