import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createLogger } from '../../../contracts/program/logger';
import { Metrics } from '../../../runtime/observability/metrics';
import { PipelineLoader } from '../../../runtime/serving/pipeline-loader';
import { type ServedPipeline } from '../../../runtime/serving/served-pipeline';
import { tensor } from '../../../runtime/tensor/tensor';
import { identityModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';

const ROW = tensor('float32', [1, 2], Float32Array.of(1, 1));
const input = { x: { dtype: 'float32' as const, shape: ['batch', 2] } };

let metrics: Metrics;
let loader: PipelineLoader;
let served: ServedPipeline[] = [];

async function load(paths: readonly string[]): Promise<ServedPipeline[]> {
  metrics = new Metrics();
  loader = new PipelineLoader({ paths, components: [] }, metrics, createLogger('silent'));
  served = await loader.loadAll();
  return served;
}

afterEach(async () => {
  await Promise.all(served.map(({ current }) => current.close()));
});

function scaling(factor: number, name = 'tested', more: object = {}): string {
  return pipelineFolder(identityModel('float32'), {
    name,
    input,
    preprocessing: [{ use: 'scale', factor }],
    ...more,
  });
}

function change(path: string, ...[from, to]: [string, string]): void {
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

async function answer({ current }: ServedPipeline): Promise<number> {
  current.enter();
  try {
    const flow = await current.pipeline.answer(new Map([['x', ROW]]), { leniency: 'integers' });
    const [value] = flow.values();
    return (value as typeof ROW).data[0];
  } finally {
    current.leave();
  }
}

/** What a request runs on; another object would be another session. */
function modelOf({ current }: ServedPipeline): unknown {
  return current.models[0].lease.inferencer;
}

async function reload(pipeline: ServedPipeline): Promise<void> {
  await pipeline.swap(await loader.loadNext(pipeline));
}

function sha256(...files: string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return `sha256:${hash.digest('hex')}`;
}

async function series(name: string): Promise<string[]> {
  const text = await metrics.expose();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`));
}

describe('settings of a pipeline that serves', () => {
  it('change in one call under load, without another model and without losing a request', async () => {
    const [pipeline] = await load([scaling(2)]);
    const model = modelOf(pipeline);
    const answers: Promise<number>[] = [];
    let isOver = false;
    const load_ = (async () => {
      while (!isOver) {
        for (let i = 0; i < 20; i += 1) answers.push(answer(pipeline));
        await new Promise(setImmediate);
      }
    })();
    for (const maxBatchSize of [1, 16, 3, 64]) {
      await pipeline.apply({
        inferencer: { batching: { maxBatchSize, maxQueueDelayMs: 1, maxQueueSize: 100_000 } },
        admission: { maxRequests: 100 + maxBatchSize, maxBytes: 5000, maxWaitMs: 10 },
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    isOver = true;
    await load_;
    expect(new Set(await Promise.all(answers))).toEqual(new Set([2]));
    expect(answers.length).toBeGreaterThan(100);
    expect(modelOf(pipeline)).toBe(model);
    expect(pipeline.current.document).toMatchObject({
      inferencer: { batching: { maxBatchSize: 64, maxQueueDelayMs: 1, maxQueueSize: 100_000 } },
      admission: { maxRequests: 164, maxBytes: 5000, maxWaitMs: 10 },
    });
    expect(pipeline.current.models[0].lease.settings).toMatchObject({ maxBatchSize: 64, maxQueueDelayMs: 1 });
  });

  it('are refused whole, with all problems', async () => {
    const [pipeline] = await load([scaling(2)]);
    const before = pipeline.current.document;
    const bad = {
      inferencer: { batching: { maxBatchSize: 0, maxQueueSize: 2 }, threads: 2 },
      admission: { maxRequests: 1.5 },
    };
    await expect(pipeline.apply(bad)).rejects.toMatchObject({
      problems: [
        expect.objectContaining({ path: 'inferencer.batching.maxBatchSize' }),
        expect.objectContaining({ path: 'inferencer.threads' }),
        expect.objectContaining({ path: 'admission.maxRequests' }),
      ],
    });
    expect(pipeline.current.document).toBe(before);
    expect(pipeline.current.models[0].lease.settings.maxQueueSize).toBe(1024);
    // What the model itself refuses stands in the words of the document, too.
    await expect(
      pipeline.apply({ inferencer: { workers: 0 }, admission: { maxRequests: 1 } }),
    ).rejects.toMatchObject({ problems: [expect.objectContaining({ path: 'inferencer.workers' })] });
    expect(await answer(pipeline)).toBe(2);
  });

  it('hold at the gate from the next message on', async () => {
    const [pipeline] = await load([scaling(2)]);
    await pipeline.apply({ admission: { maxRequests: 1, maxWaitMs: 0 } });
    const place = { waiting: false } as never;
    expect(pipeline.gate.arrive(place, 1)).toBe('admitted');
    expect(pipeline.gate.arrive(place, 1)).toMatchObject({ code: 'QUEUE_FULL' });
  });

  it('cannot turn on batches of a document that turned them off', async () => {
    const [pipeline] = await load([scaling(2, 'tested', { inferencer: { batching: false } })]);
    await expect(pipeline.apply({ inferencer: { batching: { maxBatchSize: 4 } } })).rejects.toThrow(
      'inferencer.batching: is turned off',
    );
  });

  it('that a model cannot have change nothing', async () => {
    const [pipeline] = await load([scaling(2, 'tested', { inferencer: { execution: 'inline' } })]);
    await expect(
      pipeline.apply({ inferencer: { workers: 3 }, admission: { maxRequests: 1 } }),
    ).rejects.toThrow(/inferencer\.workers: .*got 3/);
    expect(pipeline.current.document.admission.maxRequests).toBe(1024);
  });
});

describe('a reload', () => {
  it('of other settings only changes them on the version that serves', async () => {
    const path = scaling(2, 'tested', { admission: { maxRequests: 10 } });
    const [pipeline] = await load([path]);
    const version = pipeline.current;
    const model = modelOf(pipeline);
    change(path, 'maxRequests: 10', 'maxRequests: 11');
    writeFileSync(path, `${readFileSync(path, 'utf8')}inferencer: { batching: { maxBatchSize: 7 } }\n`);
    await reload(pipeline);
    expect(pipeline.current).toBe(version);
    expect(modelOf(pipeline)).toBe(model);
    expect(version.models[0].lease.settings.maxBatchSize).toBe(7);
    expect(version.document.admission.maxRequests).toBe(11);
    expect(await series('inference_pipeline_info')).toEqual([
      expect.stringContaining(`document="${sha256(path)}"`),
    ]);
    expect(await answer(pipeline)).toBe(2);
  });

  it('of other steps keeps the model open, and its requests', async () => {
    const path = scaling(2);
    const [pipeline] = await load([path]);
    const model = modelOf(pipeline);
    const version = pipeline.current;
    const before = Array.from({ length: 10 }, () => answer(pipeline));
    change(path, 'factor: 2', 'factor: 3');
    await reload(pipeline);
    expect(pipeline.current).not.toBe(version);
    expect(modelOf(pipeline)).toBe(model);
    expect(await Promise.all(before)).toEqual(Array.from({ length: 10 }, () => 2));
    expect(await answer(pipeline)).toBe(3);
  });

  it('of settings that need another model loads one', async () => {
    const path = scaling(2, 'tested', { inferencer: { execution: 'inline', workers: 1 } });
    const [pipeline] = await load([path]);
    const model = modelOf(pipeline);
    change(path, 'inline', 'worker');
    change(path, 'workers: 1', 'workers: 2');
    await reload(pipeline);
    expect(modelOf(pipeline)).not.toBe(model);
    expect(await answer(pipeline)).toBe(2);
  });
});

describe('pipelines with the same model', () => {
  it('share it, whatever else they do, until their settings differ', async () => {
    const paths = [scaling(2, 'first'), scaling(3, 'second')];
    const [first, second] = await load(paths);
    expect(modelOf(first)).toBe(modelOf(second));
    expect(await Promise.all([answer(first), answer(second)])).toEqual([2, 3]);
    expect(await series('inference_batch_size_count')).toEqual([
      'inference_batch_size_count{pipeline="first"} 1',
      'inference_batch_size_count{pipeline="second"} 1',
    ]);
    await expect(first.apply({ inferencer: { batching: { maxBatchSize: 2 } } })).rejects.toThrow(
      "inferencer.batching.maxBatchSize: cannot be changed in place: the model is shared with 'second'",
    );
    writeFileSync(
      paths[0],
      `${readFileSync(paths[0], 'utf8')}inferencer: { batching: { maxBatchSize: 2 } }\n`,
    );
    await reload(first);
    expect(modelOf(first)).not.toBe(modelOf(second));
    expect(await Promise.all([answer(first), answer(second)])).toEqual([2, 3]);
  });
});

describe('the identity of a version', () => {
  const files = (factor: number): Record<string, string> => ({
    'components/transformation/offset/1/component.json':
      '{ "kind": "transformation", "name": "offset", "version": "1", "entry": "index.js" }',
    'components/transformation/offset/1/index.js': `module.exports = ({ defineTransformation, tensor, z }) =>
      defineTransformation({ name: 'offset', description: '', parameters: z.strictObject({}), format: (x) => x,
        apply: (x) => tensor('float32', x.shape, x.data.map((value) => value + ${factor})) });`,
  });

  it('is told by the digests of document, model and components, and replaced at a swap', async () => {
    const document = { name: 'tested', input, preprocessing: [{ use: 'offset' }] };
    const path = pipelineFolder(identityModel('float32'), document, files(1));
    const [pipeline] = await load([path]);
    const model = join(dirname(path), 'components/model/tested/1/model.onnx');
    const [before, ...others] = await series('inference_pipeline_info');
    expect(others).toEqual([]);
    expect(before).toMatch(
      new RegExp(
        `^inference_pipeline_info\\{pipeline="tested",document="${sha256(path)}",model="${sha256(model)}",components="offset=sha256:[0-9a-f]{64}"\\} 1$`,
      ),
    );
    writeFileSync(
      join(dirname(path), 'components/transformation/offset/1/index.js'),
      files(5)['components/transformation/offset/1/index.js'],
    );
    await reload(pipeline);
    expect(await answer(pipeline)).toBe(6);
    const after = await series('inference_pipeline_info');
    expect(after).toHaveLength(1);
    expect(after[0]).not.toBe(before);
    expect(after[0].replace(/components=".*"/, '')).toBe(before.replace(/components=".*"/, ''));
  });
});

describe('metrics of models', () => {
  it('have the label model only where a pipeline has several', async () => {
    const [pipeline] = await load([scaling(2)]);
    await answer(pipeline);
    expect(await series('inference_model_seconds_count')).toEqual([
      'inference_model_seconds_count{pipeline="tested"} 1',
    ]);
    expect(await series('inference_queue_depth')).toEqual(['inference_queue_depth{pipeline="tested"} 0']);
    const [first, second] = ['first', 'second'].map((name) => pipeline.metrics.model(name));
    first.modelSeconds.observe(1);
    second.observeQueue(() => 5);
    first.workerRestarted();
    pipeline.metrics.serves([first, second], pipeline.current.digests);
    expect(await series('inference_queue_depth')).toEqual([
      'inference_queue_depth{pipeline="tested",model="first"} 0',
      'inference_queue_depth{pipeline="tested",model="second"} 5',
    ]);
    expect(await series('inference_worker_restarts_total')).toEqual([
      'inference_worker_restarts_total{pipeline="tested",model="first"} 1',
    ]);
  });
});
