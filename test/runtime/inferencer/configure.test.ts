import { setImmediate as turn } from 'node:timers/promises';
import { pipelineDocumentSchema } from '../../../runtime/definition/pipeline-document';
import { ConfigurationError } from '../../../contracts/program/problem';
import { Batcher, type BatcherOptions } from '../../../runtime/inferencer/batcher';
import { openInferencer, type OpenedInferencer } from '../../../runtime/inferencer/open-inferencer';
import { tensor, type NamedTensors } from '../../../runtime/tensor/tensor';
import { ManualClock } from '../../fixtures/manual-clock';
import { meanModel } from '../../fixtures/models/tiny-models';
import { writeModel } from '../../fixtures/models/write-model';
import { SumSession } from '../../fixtures/sum-session';

const request = (value: number): NamedTensors => ({
  x: tensor('float32', [1, 2], Float32Array.of(value, 0)),
});
const sumOf = ({ sum }: NamedTensors): number => (sum.data as Float32Array)[0];

describe('settings of a batcher', () => {
  const sessions: SumSession[] = [];
  const removed: number[] = [];
  let clock: ManualClock;
  let batcher: Batcher;

  function open(options: Partial<BatcherOptions> = {}): void {
    clock = new ManualClock();
    sessions.length = removed.length = 0;
    const add = (): SumSession => sessions[sessions.push(new SumSession()) - 1];
    batcher = new Batcher([add()], {
      batchable: true,
      maxBatchSize: 2,
      maxQueueDelayMs: 0,
      maxQueueSize: 8,
      clock,
      openSession: () => Promise.resolve(add()),
      onRemoved: (worker) => removed.push(worker),
      ...options,
    });
  }
  const ask = (count: number) => Array.from({ length: count }, (_, i) => batcher.predict(request(i)));

  beforeEach(() => open());

  it('change the size of the next batch, not of the run that is under way', async () => {
    const answers = ask(8);
    await batcher.configure({ maxBatchSize: 5 });
    expect(sessions[0].rows).toEqual([2]);
    sessions[0].finish();
    await answers[0];
    expect(sessions[0].rows).toEqual([2, 5]);
    expect(batcher.settings).toEqual({ maxBatchSize: 5, maxQueueDelayMs: 0, maxQueueSize: 8, workers: 1 });
    sessions[0].finish();
    await answers[6];
    sessions[0].finish();
    expect((await Promise.all(answers)).map(sumOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('end a wait for a fuller batch that the new delay does not ask for', async () => {
    open({ maxQueueDelayMs: 1000 });
    const [answer] = ask(1);
    await turn();
    expect(sessions[0].rows).toEqual([]);
    await batcher.configure({ maxQueueDelayMs: 0 });
    expect(sessions[0].rows).toEqual([1]);
    sessions[0].finish();
    expect(sumOf(await answer)).toBe(0);
  });

  it('lower how many may wait without refusing those that do', async () => {
    const answers = ask(6);
    await batcher.configure({ maxQueueSize: 2 });
    await expect(batcher.predict(request(9))).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      message: expect.stringMatching(/at most 2 may/) as string,
    });
    for (const index of [1, 3, 5]) {
      sessions[0].finish();
      await answers[index];
    }
    expect((await Promise.all(answers)).map(sumOf)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('add workers that take what waits, and remove them after their run', async () => {
    const answers = ask(4);
    await turn();
    await batcher.configure({ workers: 2 });
    expect(sessions.map(({ rows }) => rows)).toEqual([[2], [2]]);
    const fewer = batcher.configure({ workers: 1 });
    await turn();
    expect([sessions[1].closed, batcher.settings.workers]).toEqual([false, 1]);
    sessions[1].finish();
    await fewer;
    expect([sessions[0].closed, sessions[1].closed, removed]).toEqual([false, true, [1]]);
    sessions[0].finish();
    expect((await Promise.all(answers)).map(sumOf)).toEqual([0, 1, 2, 3]);
  });

  it('remove an idle worker at once', async () => {
    await batcher.configure({ workers: 3 });
    await batcher.configure({ workers: 1 });
    expect(sessions.map(({ closed }) => closed)).toEqual([false, true, true]);
  });

  it.each([
    [{ maxBatchSize: 0 }, 'maxBatchSize'],
    [{ maxQueueDelayMs: -1, maxQueueSize: 4 }, 'maxQueueDelayMs'],
    [{ maxQueueSize: 1.5 }, 'maxQueueSize'],
    [{ workers: 257 }, 'workers'],
    [{ maxQueueSize: 4, wrokers: 2 }, 'wrokers'],
  ])('are refused whole: %j', async (changes, path) => {
    const before = batcher.settings;
    const error: unknown = await batcher.configure(changes).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).message).toContain(path);
    expect(batcher.settings).toEqual(before);
  });

  it('stay when a new worker cannot be opened, and the others of the change are closed', async () => {
    let opened = 0;
    const good = new SumSession();
    open({
      openSession: () => (++opened === 1 ? Promise.resolve(good) : Promise.reject(new Error('no room'))),
    });
    await expect(batcher.configure({ workers: 3, maxBatchSize: 4 })).rejects.toThrow('no room');
    expect(batcher.settings).toMatchObject({ workers: 1, maxBatchSize: 2 });
    expect(good.closed).toBe(true);
    await batcher.configure({ maxBatchSize: 3 });
    expect(batcher.settings.maxBatchSize).toBe(3);
  });

  it('cannot make requests share runs that must not, nor give the main thread workers', async () => {
    open({ batchable: false, openSession: undefined });
    const refused = batcher.configure({ maxBatchSize: 8, workers: 2 });
    await expect(refused).rejects.toThrow(/maxBatchSize: must be 1 for this model/);
    await expect(refused).rejects.toThrow(/workers: must stay 1: the model runs in the main thread/);
    await batcher.configure({ maxBatchSize: 1, workers: 1, maxQueueSize: 3 });
    expect(batcher.settings.maxQueueSize).toBe(3);
  });

  it('are not taken after the end, and a worker that was being opened is closed', async () => {
    let give!: (session: SumSession) => void;
    open({ openSession: () => new Promise((resolve) => (give = resolve)) });
    const configured = batcher.configure({ workers: 2 });
    const rejected = expect(configured).rejects.toMatchObject({ code: 'DRAINING' });
    await turn();
    await batcher.close();
    const late = new SumSession();
    give(late);
    await rejected;
    expect(late.closed).toBe(true);
  });
});

describe('settings under load', () => {
  let opened: OpenedInferencer;
  const states: string[] = [];

  beforeAll(async () => {
    opened = await openInferencer({
      modelFile: writeModel(meanModel()),
      document: pipelineDocumentSchema.shape.inferencer.parse({ execution: 'worker' }),
      cpus: 1,
      allowInlineTrial: true,
      onWorkerState: (worker, state) => states.push(`${worker} ${state}`),
    });
  });
  afterAll(() => opened.inferencer.close());

  it('lose and change no request while they change in every way', async () => {
    const { inferencer } = opened;
    let isDone = false;
    let answered = 0;
    const wrong: unknown[] = [];
    const caller = async (start: number): Promise<void> => {
      for (let value = start; !isDone; value += 16) {
        const x = tensor('float32', [1, 2], Float32Array.of(value, value + 2));
        const { mean } = await inferencer.predict({ x });
        if ((mean.data as Float32Array)[0] !== value + 1) wrong.push({ value, mean });
        answered++;
      }
    };
    const callers = Array.from({ length: 16 }, (_, start) => caller(start));
    for (let round = 0; round < 3; round++) {
      await inferencer.configure({ workers: 3, maxBatchSize: 1 + round });
      await inferencer.configure({ maxQueueDelayMs: 1, maxQueueSize: 64 });
      await inferencer.configure({ workers: 1, maxBatchSize: 64, maxQueueDelayMs: 0 });
    }
    isDone = true;
    await Promise.all(callers);
    expect(wrong).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    expect(inferencer.settings.workers).toBe(1);
    expect(states.sort()).toEqual(['1 closed', '1 closed', '1 closed', '2 closed', '2 closed', '2 closed']);
  });
});
