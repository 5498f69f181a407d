import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type PipelineDocumentInput } from '../../../runtime/definition/pipeline-document';
import { validatePipelines } from '../../../runtime/cli/validate-pipelines';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { OnnxGraph as Graph, type OnnxGraph } from '../../../scripts/onnx/onnx-graph';
import { encodeOnnxModel } from '../../../scripts/onnx/onnx-model';
import { eventually } from '../../fixtures/eventually';
import * as dangerous from '../../fixtures/models/dangerous-models';
import { busyModel, identityModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { startServer, type StartedServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';

const whole = (...values: number[]): Tensor => tensor('int32', [values.length], Int32Array.from(values));
const floats = (shape: number[], ...values: number[]): Tensor =>
  tensor('float32', shape, Float32Array.from(values));

let started: StartedServer | undefined;
let client: StockClient | undefined;

afterEach(async () => {
  client?.close();
  await started?.server.stop();
  started = client = undefined;
});

async function serve(
  model: OnnxGraph,
  document: Omit<PipelineDocumentInput, 'name' | 'model'>,
): Promise<string> {
  const path = pipelineFolder(model, { name: 'tested', ...document });
  started = await startServer([path]);
  client = new StockClient(started.grpc);
  return path;
}

/** The first tensor of the answer, or the code and message of its error. */
async function ask(tensors: Record<string, Tensor>): Promise<unknown> {
  const { responses } = await client!.call([request(1, tensors)]);
  const [{ error, tensors: outputs }] = responses;
  if (error !== undefined) return `${error.code}: ${error.message}`;
  const [[name, proto]] = outputs;
  return [...(toTensor(proto, name).data as Int32Array)];
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`http://${started!.http}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** A reload tries the new model in a process, which takes its time on a busy machine: up to six times five seconds. */
async function changed(check: () => Promise<void>): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    try {
      await eventually(check);
      return;
    } catch {
      // Looked at once more.
    }
  }
  await eventually(check);
}

const WHOLE_INPUTS: PipelineDocumentInput['input'] = {
  a: { dtype: 'int32', shape: ['n'] },
  b: { dtype: 'int32', shape: ['n'] },
};

describe('a request that ends the process of its model', () => {
  it.each(['Div', 'Mod'] as const)('fails alone (%s); the next one is answered', async (operator) => {
    await serve(dangerous.divideModel(operator), { input: WHOLE_INPUTS });
    expect(await ask({ a: whole(-(2 ** 31)), b: whole(-1) })).toMatch(
      /^INTERNAL: the model ended the process that ran it: it ended by SIGFPE/,
    );
    expect(await ask({ a: whole(7), b: whole(2) })).toEqual([operator === 'Div' ? 3 : 1]);
    expect(await metric('inference_worker_restarts_total')).toBe(1);
  });

  it('takes no neighbour of its batch with it', async () => {
    await serve(dangerous.divideModel(), {
      input: WHOLE_INPUTS,
      inferencer: { batching: { maxQueueDelayMs: 100 } },
    });
    const answers = await Promise.all([
      ask({ a: whole(9), b: whole(3) }),
      ask({ a: whole(-(2 ** 31)), b: whole(-1) }),
      ask({ a: whole(8), b: whole(2) }),
    ]);
    expect([answers[0], answers[2]]).toEqual([[3], [4]]);
    expect(answers[1]).toMatch(/^INTERNAL: the model ended the process/);
  });

  it('whose tensors become empty inside the model fails as well', async () => {
    await serve(dangerous.bestOfSomeModel(), {
      input: { x: { dtype: 'float32', shape: ['n', 3] }, s: { dtype: 'float32', shape: ['n'] } },
    });
    const x = floats([2, 3], 1, 2, 3, 6, 5, 4);
    expect(await ask({ x, s: floats([2], 0, 0) })).toMatch(/^INTERNAL: the model ended the process/);
    expect(await ask({ x, s: floats([2], 1, 1) })).toEqual([3, 6]);
  });

  it('does not keep a model from serving whose process made-up inputs end as well', async () => {
    await serve(dangerous.bestOfSomeModel(2), {
      input: { x: { dtype: 'float32', shape: ['n', 3] }, s: { dtype: 'float32', shape: ['n'] } },
    });
    const x = floats([2, 3], 1, 2, 3, 6, 5, 4);
    expect(await ask({ x, s: floats([2], 3, 3) })).toEqual([3, 6]);
    expect(await ask({ x, s: floats([2], 1, 1) })).toMatch(/^INTERNAL: the model ended the process/);
    expect(await ask({ x, s: floats([2], 1, 3) })).toEqual([6]);
  });

  it('is refused before where an empty tensor comes with it', async () => {
    await serve(dangerous.instanceNormModel('width'), {
      input: { x: { dtype: 'float32', shape: ['n', 2, 'w'] } },
    });
    expect(await ask({ x: floats([1, 2, 0]) })).toMatch(/^INVALID_ARGUMENT: model input 'x' is empty/);
    expect(await metric('inference_worker_restarts_total')).toBe(0);
  });
});

it('ends a run that hangs together with its process, and serves on', async () => {
  await serve(busyModel(), {
    input: { times: { dtype: 'int64', shape: [] } },
    inferencer: { hangLimitMs: 500 },
  });
  const times = (count: bigint) => ({ times: tensor('int64', [], BigInt64Array.of(count)) });
  for (let run = 0; run < 4; run += 1) {
    expect(await ask(times(2n ** 40n))).toBe('UNAVAILABLE: a run took longer than 500 ms and was given up');
  }
  expect(await ask(times(1n))).toEqual([0]);
  expect(await metric('inference_hung_threads')).toBe(0);
}, 60_000);

describe('a model that ends the process that loads it', () => {
  const document = { name: 'tested', input: { x: { dtype: 'float32' as const, shape: ['n', 2] } } };

  it.each<[string, () => OnnxGraph, RegExp]>([
    [
      'while it is loaded',
      dangerous.killsAtLoadModel,
      /loading the model ended the process that tried to: it ended by SIGFPE/,
    ],
    [
      'at its first run',
      dangerous.killsAtRunModel,
      /the model could not be warmed up: the model ended the process that ran it/,
    ],
  ])('is refused at start and by validate (%s)', async (_, makeModel, message) => {
    const path = pipelineFolder(makeModel(), document);
    await expect(startServer([path])).rejects.toThrow(message);
    const options = { paths: [path], components: [], trustedKeys: [] };
    await expect(validatePipelines(options as never, () => undefined)).rejects.toThrow(message);
  });

  it.each(['auto', 'inline', 'worker'] as const)(
    'does not replace one that serves (%s)',
    async (execution) => {
      const path = await serve(identityModel('float32'), {
        input: document.input,
        inferencer: { execution },
      });
      const folder = join(dirname(path), 'components/model/tested/1');
      writeFileSync(join(folder, 'next'), encodeOnnxModel(dangerous.killsAtLoadModel()));
      renameSync(join(folder, 'next'), join(folder, 'model.onnx'));
      await eventually(async () => expect(await metric('inference_reloads_total')).toBe(1));
      expect(await ask({ x: floats([1, 2], 1, 2) })).toEqual([1, 2]);
    },
  );
});

/** The embedding model of `weight` in every place, its weights in a file beside it. */
function embedding(weight: number): { model: Uint8Array; weights: Buffer } {
  const rows = 20_000;
  const graph = new Graph('embedding');
  graph.input('index', 'int64', ['n']);
  const weights = new Float32Array(rows * 4).fill(weight);
  graph.constant('table', tensor('float32', [rows, 4], weights));
  graph.output(graph.node('Gather', ['table', 'index'], { name: 'y' }), 'float32', ['n', 4]);
  const [table] = graph.toProto().initializer as Record<string, unknown>[];
  delete table.rawData;
  Object.assign(table, {
    dataLocation: 1,
    externalData: [
      { key: 'location', value: 'model.onnx.data' },
      { key: 'offset', value: '0' },
      { key: 'length', value: String(weights.byteLength) },
    ],
  });
  return { model: encodeOnnxModel(graph), weights: Buffer.from(weights.buffer) };
}

describe.each(['auto', 'worker', 'process'] as const)('weights in a file of their own (%s)', (execution) => {
  const index = { index: tensor('int64', [2], BigInt64Array.of(0n, 19_999n)) };

  async function serveEmbedding(reload: boolean): Promise<string> {
    const { model, weights } = embedding(1);
    const path = pipelineFolder(identityModel('float32'), {
      name: 'tested',
      input: { index: { dtype: 'int64', shape: ['n'] } },
      inferencer: { execution },
    });
    const folder = join(dirname(path), 'components/model/tested/1');
    writeFileSync(join(folder, 'model.onnx'), model);
    writeFileSync(join(folder, 'model.onnx.data'), weights);
    started = await startServer([path], { reload: reload ? 'watch' : 'off' });
    client = new StockClient(started.grpc);
    return folder;
  }

  it('that are copied over neither end nor change a server', async () => {
    const folder = await serveEmbedding(false);
    const { weights } = embedding(2);
    writeFileSync(join(folder, 'model.onnx.data'), weights.subarray(0, weights.length / 2));
    expect(await ask(index)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    writeFileSync(join(folder, 'model.onnx.data'), weights, { flag: 'r+' });
    expect(await ask(index)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('are reloaded whole', async () => {
    const folder = await serveEmbedding(true);
    writeFileSync(join(folder, 'model.onnx.data'), embedding(2).weights);
    await changed(async () => expect(await ask(index)).toEqual([2, 2, 2, 2, 2, 2, 2, 2]));
  }, 60_000);
});

it('serves from a copy that is gone when the server has stopped', async () => {
  const copies = (): string[] =>
    readdirSync(tmpdir())
      .filter((name) => name.startsWith(`mis-serving-${process.pid}-`))
      .flatMap((name) => readdirSync(join(tmpdir(), name)));
  const before = copies();
  const path = await serve(identityModel('float32'), {
    input: { x: { dtype: 'float32', shape: ['n', 2] } },
    inferencer: { execution: 'worker' },
  });
  // Copies of earlier tests may be removed meanwhile.
  const [copy, ...more] = copies().filter((name) => !before.includes(name));
  expect(copy).toBeDefined();
  expect(more).toEqual([]);
  writeFileSync(join(dirname(path), 'components/model/tested/1/model.onnx'), 'half a mod');
  expect(await ask({ x: floats([1, 2], 1, 2) })).toEqual([1, 2]);
  await started!.server.stop();
  started = undefined;
  expect(copies()).not.toContain(copy);
});
