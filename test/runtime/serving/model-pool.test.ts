import { ConfigurationError } from '../../../contracts/program/problem';
import { pipelineDocumentSchema } from '../../../runtime/definition/pipeline-document';
import { type AdaptedModel } from '../../../runtime/inferencer/adapted-model';
import { Batcher } from '../../../runtime/inferencer/batcher';
import { type BatcherObserver } from '../../../runtime/inferencer/batcher-observer';
import {
  type OpenedInferencer,
  type OpenInferencerOptions,
} from '../../../runtime/inferencer/open-inferencer';
import { ModelPool, type ModelHolder, type ModelRequest } from '../../../runtime/serving/model-pool';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { SumSession } from '../../fixtures/sum-session';

const row = (...values: number[]): Tensor => tensor('float32', [1, values.length], Float32Array.from(values));

/** Opens sessions without an engine, when the test says so. */
class Opener {
  readonly sessions: SumSession[] = [];
  readonly options: OpenInferencerOptions[] = [];
  failures = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly waits = false) {}

  readonly adapt = (file: string): Promise<AdaptedModel> =>
    Promise.resolve({ file, remove: () => Promise.resolve() });

  readonly open = async (options: OpenInferencerOptions): Promise<OpenedInferencer> => {
    this.options.push(options);
    if (this.waits) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.failures > 0) {
      this.failures -= 1;
      throw new ConfigurationError(options.modelFile, [{ path: '', message: 'is broken' }]);
    }
    const session = new SumSession(true);
    this.sessions.push(session);
    const limits = { maxBatchSize: 8, maxQueueDelayMs: 0, maxQueueSize: 8 };
    const inferencer = new Batcher([session], { batchable: true, ...limits });
    return { inferencer, execution: 'inline', sessions: 1, threads: 1, batchable: true, fullRunMs: 1 };
  };

  proceed(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

function request(changes: Partial<ModelRequest> = {}, inferencer: object = {}): ModelRequest {
  return {
    modelFile: '/models/a.onnx',
    modelBytes: 100,
    digest: Promise.resolve('sha256:a'),
    metadata: new SumSession().metadata,
    requiredInputs: [],
    document: pipelineDocumentSchema.shape.inferencer.parse(inferencer),
    cpus: 1,
    allowInlineTrial: true,
    ...changes,
  };
}

function holder(pipeline: string, observer: BatcherObserver = {}): ModelHolder & { states: string[] } {
  const states: string[] = [];
  return { pipeline, observer, states, onWorkerState: (_, state) => states.push(state) };
}

describe('a model that two pipelines name', () => {
  it('is opened once, by whoever comes first, and closed after the last', async () => {
    const opener = new Opener();
    const pool = new ModelPool(opener);
    const a = await pool.acquire(request(), holder('a'));
    const b = await pool.acquire(request({ modelFile: '/elsewhere/b.onnx' }), holder('b'));
    expect(b.inferencer).toBe(a.inferencer);
    await a.close();
    await a.close();
    expect(opener.sessions.map(({ closed }) => closed)).toEqual([false]);
    expect((await b.predict({ x: row(1, 2) })).sum.data).toEqual(Float32Array.of(3));
    await b.close();
    expect(opener.sessions.map(({ closed }) => closed)).toEqual([true]);
    expect(pool.size).toBe(0);
  });

  it('is opened once when both ask at the same time', async () => {
    const opener = new Opener(true);
    const pool = new ModelPool(opener);
    const both = Promise.all([pool.acquire(request(), holder('a')), pool.acquire(request(), holder('b'))]);
    await new Promise(setImmediate);
    opener.proceed();
    const [a, b] = await both;
    expect(opener.options).toHaveLength(1);
    // One that gives it up at once does not take it from the other.
    await a.close();
    expect((await b.predict({ x: row(4) })).sum.data).toEqual(Float32Array.of(4));
    await b.close();
    expect(pool.size).toBe(0);
  });

  it('fails for both when it cannot be opened, and is tried again by the next', async () => {
    const opener = new Opener(true);
    opener.failures = 1;
    const pool = new ModelPool(opener);
    const both = Promise.allSettled([
      pool.acquire(request(), holder('a')),
      pool.acquire(request(), holder('b')),
    ]);
    await new Promise(setImmediate);
    opener.proceed();
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(pool.size).toBe(0);
    const next = pool.acquire(request(), holder('a'));
    await new Promise(setImmediate);
    opener.proceed();
    await (await next).close();
    expect(opener.options).toHaveLength(2);
  });

  it('is opened again by one that comes while it is being closed', async () => {
    const opener = new Opener();
    const pool = new ModelPool(opener);
    const first = await pool.acquire(request(), holder('a'));
    const closing = first.close();
    const second = await pool.acquire(request(), holder('b'));
    await closing;
    expect(second.inferencer).not.toBe(first.inferencer);
    expect(opener.sessions.map(({ closed }) => closed)).toEqual([true, false]);
    await second.close();
  });

  it('fails when its files cannot be read to the end, and leaves nothing open', async () => {
    const opener = new Opener();
    const pool = new ModelPool(opener);
    const digest = Promise.reject<string>(new Error('gone'));
    await expect(pool.acquire(request({ digest }), holder('a'))).rejects.toThrow('gone');
    expect(opener.sessions.map(({ closed }) => closed)).toEqual([true]);
    expect(pool.size).toBe(0);
  });

  it('has its runs observed by the pipelines whose requests were in them', async () => {
    const opener = new Opener();
    const pool = new ModelPool(opener);
    const seen: string[] = [];
    const observer = (name: string): BatcherObserver => ({
      onBatch: (rows) => seen.push(`${name} ran ${rows}`),
      onQueue: () => seen.push(`${name} waited`),
    });
    const a = await pool.acquire(request(), holder('a', observer('a')));
    const b = await pool.acquire(request(), holder('b', observer('b')));
    await a.predict({ x: row(1) });
    expect(seen.splice(0)).toEqual(['a waited', 'a ran 1']);
    await Promise.all([b, a, b].map((lease) => lease.predict({ x: row(1) })));
    expect(seen.sort()).toEqual(['a ran 3', 'a waited', 'b ran 3', 'b waited', 'b waited']);
    await Promise.all([a.close(), b.close()]);
  });

  it('tells both of its workers, and opens the breaker of both', async () => {
    const opener = new Opener();
    const pool = new ModelPool(opener);
    const holders = [holder('a'), holder('b')];
    const [a, b] = await Promise.all(holders.map((each) => pool.acquire(request(), each)));
    let changes = 0;
    const unfollow = b.breaker.follow(() => (changes += 1));
    opener.options[0].onWorkerState!(0, 'failed', 'it ended');
    expect(holders.map(({ states }) => states)).toEqual([['failed'], ['failed']]);
    expect([a.breaker.reason, b.breaker.reason]).toEqual(['it ended', 'it ended']);
    unfollow();
    opener.options[0].onWorkerState!(0, 'ready', 'it is back');
    expect([a.breaker.reason, changes]).toEqual([undefined, 1]);
    await Promise.all([a.close(), b.close()]);
  });

  it('keeps its settings while both have it', async () => {
    const opener = new Opener();
    const pool = new ModelPool(opener);
    const a = await pool.acquire(request(), holder('a'));
    const b = await pool.acquire(request(), holder('b'));
    await expect(a.configure({ maxBatchSize: 4, maxQueueSize: 9 })).rejects.toMatchObject({
      problems: [
        { path: 'maxBatchSize', message: "cannot be changed in place: the model is shared with 'b'" },
        { path: 'maxQueueSize', message: "cannot be changed in place: the model is shared with 'b'" },
      ],
    });
    await b.close();
    await a.configure({ maxBatchSize: 4 });
    expect(a.settings.maxBatchSize).toBe(4);
    // One that has these settings in its document may share it then, one with those that it had not.
    const [same, other] = await Promise.all([
      pool.acquire(request({}, { batching: { maxBatchSize: 4 } }), holder('c')),
      pool.acquire(request(), holder('d')),
    ]);
    expect([same, other].map(({ inferencer }) => inferencer === a.inferencer)).toEqual([true, false]);
    await Promise.all([a, same, other].map((lease) => lease.close()));
    expect(pool.size).toBe(0);
  });
});

describe('two models', () => {
  const open = { inputFormats: { x: { kind: 'tensor', shape: [1, 5] } } } as const;
  const named = { inputFormats: { x: { kind: 'tensor', shape: ['n', 'm'] } } } as const;

  it.each([
    ['of other bytes', request({ digest: Promise.resolve('sha256:b') })],
    ['of another size', request({ modelBytes: 101 })],
    ['with other parameters', request({}, { threads: 2 })],
    ['with another execution', request({}, { execution: 'worker' })],
    ['without batches', request({}, { batching: false })],
    ['with other settings', request({}, { workers: 2 })],
    [
      'with steps in their thread',
      request({ steps: { inputs: [], after: [], outputs: {}, outputFormats: {} } }),
    ],
    ['that were tried with other sizes', request(open)],
    ['that are given an optional input', request({ requiredInputs: ['k'] })],
  ])('%s are opened each', async (_, other) => {
    const pool = new ModelPool(new Opener());
    const leases = await Promise.all([
      pool.acquire(request(), holder('a')),
      pool.acquire(other, holder('b')),
    ]);
    expect(pool.size).toBe(2);
    await Promise.all(leases.map((lease) => lease.close()));
  });

  it('that differ in what pipelines call their axes are one', async () => {
    const pool = new ModelPool(new Opener());
    const leases = [
      await pool.acquire(request(), holder('a')),
      await pool.acquire(request(named), holder('b')),
    ];
    expect(pool.size).toBe(1);
    await Promise.all(leases.map((lease) => lease.close()));
  });
});
