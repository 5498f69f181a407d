/** What runs in a model's own thread: loads the model, then runs it as often as the session on the other side asks. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { ConfigurationError, InferenceError, messageOf } from '../../errors';
import { fromOrtTensor, toOrtTensor, type OrtValue } from './ort-value';
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
    const outputs: Record<string, OrtValue> = {};
    for (const name of outputNames) outputs[name] = fromOrtTensor(results[name]);
    const answer = model.after(outputs);
    const { stepMs } = model;
    postValues(port, answer, true, (moved): WorkerReply => ({
      kind: 'answer',
      id,
      outputs: moved,
      runMs,
      stepMs,
    }));
  } catch (error) {
    const step = error instanceof InferenceError ? { code: error.code, label: error.step } : undefined;
    post(port, { kind: 'failure', id, message: messageOf(error), ...(step && { step }) });
  }
}

function post(port: MessagePort, reply: WorkerReply): void {
  port.postMessage(reply);
}

async function main(port: MessagePort): Promise<void> {
  const model = await open(port);
  if (model === undefined) {
    port.close();
    return;
  }
  let running = Promise.resolve();
  port.on('message', (request: WorkerRequest) => {
    if (request.kind === 'run') running = run(port, model, request.id, request.feeds);
    else void running.then(() => close(port, model));
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
