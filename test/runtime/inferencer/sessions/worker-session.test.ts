import { once } from 'node:events';
import { unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Worker } from 'node:worker_threads';
import { countBusyThreads } from '../../../../runtime/inferencer/sessions/model-thread';
import { HungThreads } from '../../../../runtime/inferencer/sessions/hung-threads';
import { type SessionState } from '../../../../runtime/inferencer/sessions/model-session';
import {
  WorkerSession,
  type WorkerSessionOptions,
} from '../../../../runtime/inferencer/sessions/worker-session';
import { tensor, type Tensor } from '../../../../runtime/tensor/tensor';
import { encodeOnnxModel } from '../../../fixtures/models/onnx';
import { busyModel, identityModel, sumAndProductModel } from '../../../fixtures/models/tiny-models';
import { writeModel } from '../../../fixtures/models/write-model';

const x = (): Tensor => tensor('float32', [1, 2], Float32Array.of(1, 2));
const times = (count: number) => ({ times: tensor('int64', [], BigInt64Array.of(BigInt(count))) });

let session: WorkerSession;
let states: [SessionState, string][];

async function open(options: Partial<WorkerSessionOptions> & { modelFile: string }): Promise<WorkerSession> {
  states = [];
  session = await WorkerSession.open({
    threads: 1,
    onState: (state, reason) => states.push([state, reason]),
    ...options,
  });
  return session;
}

/** The thread itself, to end it as a fault would. */
function threadOf(session: WorkerSession): Worker {
  return (session as unknown as { host: { worker: Worker } }).host.worker;
}

/** Ends the thread while it does nothing, which is when it can be. */
async function kill(session: WorkerSession): Promise<void> {
  await threadOf(session).terminate();
}

/** What the thread's own code cannot digest. */
function poison(session: WorkerSession): void {
  threadOf(session).postMessage(null);
}

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 2000 && !condition(); round++) await sleep(5);
  expect(condition()).toBe(true);
}

/** How many turns make the busy model run for about so many milliseconds here. */
async function turnsFor(ms: number): Promise<number> {
  await session.run(times(5), false);
  await session.run(times(50), false);
  return Math.ceil((ms / session.lastRunMs) * 50);
}

afterEach(() => session.close());

it('leaves the event loop free while a run takes long', async () => {
  await open({ modelFile: writeModel(busyModel()) });
  const turns = await turnsFor(400);
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 5);
  await session.run(times(turns), false);
  clearInterval(ticking);
  // A blocked loop would not have ticked at all.
  expect(ticks).toBeGreaterThan(5);
  expect(session.lastRunMs).toBeGreaterThan(50);
});

it('moves the buffers of inputs that are given away, even one that two inputs share', async () => {
  await open({ modelFile: writeModel(sumAndProductModel()) });
  const shared = tensor('float32', [1, 3], Float32Array.of(1, 2, 3));
  const answer = await session.run({ a: shared, b: shared }, true);
  expect(answer.product.data).toEqual(Float32Array.of(1, 4, 9));
  expect(shared.data).toHaveLength(0);
});

it('copies what is given away but cannot be moved', async () => {
  await open({ modelFile: writeModel(identityModel('uint8')) });
  const data = new Uint8Array(Buffer.from('ab').buffer, 0, 2);
  const answer = await session.run({ x: tensor('uint8', [1, 2], data) }, true);
  expect(answer.y.data).toHaveLength(2);
  expect(data).toHaveLength(2);
});

it('rejects the run that is lost with its thread, and goes on in a new one', async () => {
  await open({ modelFile: writeModel(busyModel()) });
  poison(session);
  const run = session.run(times(1), false);
  await expect(run).rejects.toMatchObject({ code: 'WORKER_LOST' });
  expect(session.state).toBe('restarting');
  expect((await session.run(times(1), false)).done.shape).toEqual([]);
  expect(states.map(([state]) => state)).toEqual(['restarting', 'ready']);
});

it('replaces a thread whose own code throws', async () => {
  await open({ modelFile: writeModel(identityModel('float32')) });
  poison(session);
  await until(() => states.length > 0);
  expect(states[0]).toEqual(['restarting', expect.stringMatching(/Cannot read properties of null/)]);
  expect(await session.run({ x: x() }, false)).toEqual({ y: x() });
});

it('gives up a run that takes longer than the limit, and goes on in a new thread', async () => {
  await open({ modelFile: writeModel(busyModel()) });
  const turns = await turnsFor(1500);
  await session.close();
  await open({ modelFile: writeModel(busyModel()), hangLimitMs: 150 });
  const hung = threadOf(session);
  const ended = once(hung, 'exit');
  await expect(session.run(times(turns), false)).rejects.toMatchObject({
    code: 'WORKER_LOST',
    message: 'a run took longer than 150 ms and was given up',
  });
  // The new thread works while the old one is still in native code, which nothing can interrupt.
  expect(await session.run(times(1), false)).toBeDefined();
  expect(threadOf(session)).not.toBe(hung);
  // The thread that was given up may have come to its end by now; it is the only one that can be busy.
  expect(countBusyThreads()).toBeLessThanOrEqual(1);
  await ended;
  expect(countBusyThreads()).toBe(0);
  expect(session.state).toBe('ready');
});

it('starts no thread more when as many hang as may, until one of them comes back', async () => {
  await open({ modelFile: writeModel(busyModel()) });
  const turns = await turnsFor(1500);
  await session.close();
  const hungThreads = new HungThreads(1);
  await open({ modelFile: writeModel(busyModel()), hangLimitMs: 150, hungThreads });
  await expect(session.run(times(turns), false)).rejects.toMatchObject({ code: 'WORKER_LOST' });
  expect([session.state, hungThreads.size, hungThreads.isFull]).toEqual(['failed', 1, true]);
  await expect(session.run(times(1), false)).rejects.toMatchObject({
    code: 'WORKER_LOST',
    message: 'runs hang in the engine (1) and cannot be ended; the server has to be restarted',
  });
  await until(() => session.state === 'ready');
  expect(hungThreads.size).toBe(0);
  expect(await session.run(times(1), false)).toBeDefined();
});

it('is not back after a crash loop before a thread has answered a trial run', async () => {
  await open({ modelFile: writeModel(identityModel('float32')) });
  let trials = 0;
  // The first trial kills its thread as the requests did.
  session.tryWith(() => {
    if (++trials === 1) poison(session);
    return { x: x() };
  });
  for (let death = 0; death < 4; death++) {
    await kill(session);
    await until(() => session.state === 'ready' && states.length === 2 * (death + 1));
  }
  expect(trials).toBe(0);
  await kill(session);
  await until(() => session.state === 'ready');
  expect(trials).toBe(2);
  expect(states.slice(8).map(([state]) => state)).toEqual(['failed', 'failed', 'ready']);
});

it('refuses runs at once when its threads keep dying, until one lives', async () => {
  await open({ modelFile: writeModel(identityModel('float32')) });
  for (let death = 0; death < 4; death++) {
    await kill(session);
    await until(() => session.state === 'ready' && states.length === 2 * (death + 1));
  }
  await kill(session);
  await until(() => session.state === 'failed');
  await expect(session.run({ x: x() }, false)).rejects.toMatchObject({
    code: 'WORKER_LOST',
    message: "the model's worker threads keep ending; the next one starts in seconds",
  });
  await until(() => session.state === 'ready');
  expect(await session.run({ x: x() }, false)).toEqual({ y: x() });
});

it('does not go on with another model that has taken the place of its file', async () => {
  const modelFile = writeModel(identityModel('float32'));
  await open({ modelFile });
  unlinkSync(modelFile);
  writeFileSync(modelFile, encodeOnnxModel(identityModel('float64')));
  await kill(session);
  await until(() => states.some(([, reason]) => reason === 'the model file has changed'));
  expect(session.state).not.toBe('ready');
});

it('ends its thread when it is closed, after the run that is under way', async () => {
  await open({ modelFile: writeModel(busyModel()) });
  const run = session.run(times(await turnsFor(100)), false);
  const ended = once(threadOf(session), 'exit');
  const closed = session.close();
  expect((await run).done.shape).toEqual([]);
  await closed;
  await ended;
  await expect(session.run(times(1), false)).rejects.toMatchObject({ code: 'DRAINING' });
  expect(states).toEqual([]);
});

it('can be closed while its thread is being replaced', async () => {
  await open({ modelFile: writeModel(identityModel('float32')) });
  await kill(session);
  await until(() => session.state === 'restarting');
  const run = session.run({ x: x() }, false);
  const rejected = expect(run).rejects.toMatchObject({ code: 'DRAINING' });
  await session.close();
  await rejected;
});
