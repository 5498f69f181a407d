/** What runs in a model's own thread: loads the model, then runs it as often as the session on the other side asks. */
import { constants, getPriority, platform, setPriority } from 'node:os';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { ConfigurationError, messageOf } from '../../../contracts/program/problem';
import { InferenceError } from '../../errors';
import { fromOrtTensor, toOrtTensor, type OrtValue } from '../engines/onnx/ort-value';
import { LARGE_BYTES } from './spare-buffers';
import { SteppedModel } from './stepped-model';
import {
  postValues,
  type OrtValues,
  type WorkerReply,
  type WorkerRequest,
  type WorkerStart,
} from './worker-messages';

async function open(port: MessagePort): Promise<SteppedModel | undefined> {
  const startedMs = performance.now();
  try {
    const model = await SteppedModel.open(workerData as WorkerStart);
    const { metadata, refusesEmpty } = model;
    post(port, { kind: 'opened', metadata, refusesEmpty, openMs: performance.now() - startedMs });
    return model;
  } catch (error) {
    // Anything else ends the thread, and its session hears of it that way.
    if (!(error instanceof ConfigurationError)) throw error;
    post(port, { kind: 'refused', source: error.source, problems: error.problems });
    return undefined;
  }
}

async function run(port: MessagePort, model: SteppedModel, id: number, feeds: OrtValues): Promise<void> {
  try {
    const tensors = Object.fromEntries(
      Object.entries(model.before(feeds)).map(([name, feed]) => [name, toOrtTensor(feed)]),
    );
    const { outputNames } = model;
    const startedMs = performance.now();
    const results = await model.run(tensors);
    const runMs = performance.now() - startedMs;
    if (model.hasStepsAfter) post(port, { kind: 'free', id });
    const outputs: Record<string, OrtValue> = {};
    for (const name of outputNames) outputs[name] = fromOrtTensor(results[name]);
    const answer = model.after(outputs);
    const { stepMs } = model;
    const spares = largeBuffers(feeds, answer);
    const toReply = (moved: OrtValues): WorkerReply => ({
      kind: 'answer',
      id,
      outputs: moved,
      runMs,
      stepMs,
      spares,
    });
    postValues(port, answer, true, toReply, { also: spares });
  } catch (error) {
    const step = error instanceof InferenceError ? { code: error.code, label: error.step } : undefined;
    post(port, { kind: 'failure', id, message: messageOf(error), ...(step && { step }) });
  }
}

/** Memory of the inputs that nobody reads any more, each once; what the answer lies in is not among it. */
function largeBuffers(feeds: OrtValues, answer: OrtValues): ArrayBuffer[] {
  const answered = new Set(Object.values(answer).map(bufferOf));
  const large = new Set(
    Object.values(feeds).flatMap((feed) => {
      const buffer = bufferOf(feed);
      return buffer === undefined || buffer.byteLength < LARGE_BYTES || answered.has(buffer) ? [] : [buffer];
    }),
  );
  return [...large];
}

function bufferOf({ data }: OrtValue): ArrayBuffer | undefined {
  return Array.isArray(data) ? undefined : (data.buffer as ArrayBuffer);
}

function post(port: MessagePort, reply: WorkerReply): void {
  port.postMessage(reply);
}

/** How much less a model's threads count than the one that serves, where both want a core: a third. */
const NICENESS = 5;

/**
 * Lets the thread that serves go first. Linux has a priority for each thread, which those that it starts (the engine's)
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
    // One after the other: the steps before a run write to memory that the run before reads.
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
