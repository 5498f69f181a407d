import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { type InferenceError } from '../../../runtime/errors';
import { Batcher } from '../../../runtime/inferencer/batcher';
import { type NamedTensors } from '../../../runtime/tensor/tensor';
import { WorkerSession } from '../../../runtime/inferencer/sessions/worker-session';
import { type ModelSteps } from '../../../runtime/inferencer/model-side/model-steps';
import { tensor } from '../../../runtime/tensor/tensor';
import { identityModel } from '../../fixtures/models/tiny-models';
import { writeModel } from '../../fixtures/models/write-model';
import { placedBuiltIn } from '../../fixtures/placed-built-in';
import { SumSession } from '../../fixtures/sum-session';

function request(value: number): NamedTensors {
  return { x: tensor('float32', [1, 2], Float32Array.of(value, 0)) };
}

describe('a batcher whose session says that its engine is done', () => {
  let session: SumSession;
  let batcher: Batcher;

  beforeEach(() => {
    session = new SumSession();
    const options = { batchable: false, maxBatchSize: 1, maxQueueDelayMs: 0, maxQueueSize: 8 };
    batcher = new Batcher([session], options);
  });

  const sumOf = async (answer: Promise<NamedTensors>): Promise<number> =>
    ((await answer).sum.data as Float32Array)[0];

  it('hands over the next request then, and one only, whatever it is told again', async () => {
    const answers = [1, 2, 3].map((value) => batcher.predict(request(value)));
    await turn();
    expect(session.running).toHaveLength(1);
    session.freeEngine();
    session.freeEngine();
    expect(session.running).toHaveLength(2);
    session.finish();
    expect(await sumOf(answers[0])).toBe(1);
    expect(session.running).toHaveLength(1);
    session.finish();
    expect(await sumOf(answers[1])).toBe(2);
    session.finish();
    expect(await sumOf(answers[2])).toBe(3);
  });

  it('hands over no second one when the run fails after that', async () => {
    const failing = batcher.predict(request(-1));
    await turn();
    session.freeEngine();
    session.finish();
    await expect(failing).rejects.toThrow('a negative number');
    const answers = [1, 2].map((value) => batcher.predict(request(value)));
    await turn();
    expect(session.running).toHaveLength(1);
    session.finish();
    await answers[0];
    session.finish();
    expect(await sumOf(answers[1])).toBe(2);
  });
});

describe('a worker with steps after its model', () => {
  let session: WorkerSession;

  /** A picture of bytes → planes from 0 to 1, in memory that the next picture takes again → the model → half of it. */
  const steps: ModelSteps = {
    inputs: [
      {
        model: 'x',
        format: { kind: 'tensor', dtype: 'uint8', shape: [100, 100, 3] },
        steps: [
          placedBuiltIn('transpose', { axes: [2, 0, 1] }, 'x'),
          placedBuiltIn('image-to-float', {}, 'x'),
        ],
        asRow: false,
        isBatch: false,
      },
    ],
    after: [placedBuiltIn('scale', { factor: 0.5 }, 'y')],
    outputs: { y: 'y' },
    outputFormats: { y: { kind: 'tensor', dtype: 'float32', shape: [3, 100, 100] } },
  };
  const picture = (byte: number): NamedTensors => ({
    x: tensor('uint8', [100, 100, 3], new Uint8Array(30_000).fill(byte)),
  });

  beforeEach(async () => {
    const modelFile = writeModel(identityModel('float32', [3, 100, 100]));
    session = await WorkerSession.open({ modelFile, threads: 1, steps });
  });
  afterEach(() => session.close());

  it('says so before the answer is there, and gives each run its own answer', async () => {
    const order: string[] = [];
    const runs = [51, 102, 153, 204].map(async (byte) => {
      const answer = await session.run(picture(byte), false, () => order.push(`free ${byte}`));
      order.push(`answer ${byte}`);
      return [...new Set(answer.y.data as Float32Array)];
    });
    expect(await Promise.all(runs)).toEqual([0.1, 0.2, 0.3, 0.4].map((half) => [Math.fround(half)]));
    expect(order).toEqual([51, 102, 153, 204].flatMap((byte) => [`free ${byte}`, `answer ${byte}`]));
  });

  it('rejects all runs that are lost with its thread', async () => {
    const thread = (session as unknown as { host: { worker: { postMessage(value: unknown): void } } }).host;
    thread.worker.postMessage(null);
    const outcomes = await Promise.allSettled([
      session.run(picture(1), false),
      session.run(picture(2), false),
    ]);
    for (const outcome of outcomes) {
      expect(outcome.status).toBe('rejected');
      expect(((outcome as PromiseRejectedResult).reason as InferenceError).code).toBe('WORKER_LOST');
    }
    while (session.state !== 'ready') await sleep(5);
    expect((await session.run(picture(3), false)).y.data).toHaveLength(30_000);
  });
});
