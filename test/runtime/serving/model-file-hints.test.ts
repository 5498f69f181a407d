import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createLogger } from '../../../contracts/program/logger';
import { Metrics } from '../../../runtime/observability/metrics';
import { assemblePipeline } from '../../../runtime/serving/assemble-pipeline';
import { PipelineLoader } from '../../../runtime/serving/pipeline-loader';
import { type ServedPipeline } from '../../../runtime/serving/served-pipeline';
import { tryModels } from '../../../runtime/serving/try-models';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { int } from '../../../scripts/onnx/attribute';
import { OnnxGraph } from '../../../scripts/onnx/onnx-graph';
import { encodeOnnxModel } from '../../../scripts/onnx/onnx-model';
import {
  addInitializer,
  addSequence,
  addZipMap,
  extendModel,
  normalizerModel,
} from '../../fixtures/models/extend-model';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { identityModel } from '../../fixtures/models/tiny-models';

type Document = Parameters<typeof pipelineFolder>[1];

const rows = (count: number, width: number): Tensor =>
  tensor(
    'float32',
    [count, width],
    Float32Array.from({ length: count * width }, (_, i) => i),
  );
const X = { dtype: 'float32' as const, shape: ['n', 2] };

let served: ServedPipeline[] = [];
afterEach(async () => {
  await Promise.all(served.map(({ current }) => current.close()));
  served = [];
});

/** A folder with this model; the path of its document. */
function folderOf(model: Uint8Array, document: Document, ...external: [string, number[]][]): string {
  const path = pipelineFolder(identityModel('float32'), document);
  const folder = join(dirname(path), 'components/model/tested/1');
  writeFileSync(join(folder, 'model.onnx'), model);
  for (const [name, values] of external)
    writeFileSync(join(folder, name), new Uint8Array(Float32Array.from(values).buffer));
  return path;
}

async function load(...paths: string[]): Promise<ServedPipeline[]> {
  const loader = new PipelineLoader({ paths, components: [] }, new Metrics(), createLogger('silent'));
  served = await loader.loadAll();
  return served;
}

async function answer(
  { current }: ServedPipeline,
  sent: Record<string, Tensor>,
): Promise<Record<string, Tensor>> {
  const flow = await current.pipeline.answer(new Map(Object.entries(sent)), { leniency: 'integers' });
  return Object.fromEntries(flow) as Record<string, Tensor>;
}

/** What `mis validate` says of a pipeline beside `ok`. */
async function notesOf(path: string): Promise<string[]> {
  const assembled = await assemblePipeline(path, { components: [] });
  const tried = await tryModels(assembled);
  await assembled.host?.close();
  return [...assembled.notes, ...assembled.remarks, ...tried].map((note) => `${note.path}: ${note.message}`);
}

describe('output shapes of a file that are not true', () => {
  function lying(): Uint8Array {
    const graph = new OnnxGraph('lying');
    graph.input('x', 'float32', ['n', 2]);
    graph.output(graph.node('Neg', ['x'], { name: 'y' }), 'float32', [1, 2]);
    return encodeOnnxModel(graph);
  }

  it.each([
    ['what the document declares is true', { y: { dtype: 'float32' as const, shape: ['n', 2] } }],
    ['nothing is declared', undefined],
  ])('are not held against an answer where %s', async (_, output) => {
    const [pipeline] = await load(folderOf(lying(), { name: 'tested', input: { x: X }, output }));
    const { y } = await answer(pipeline, { x: rows(3, 2) });
    expect(y.shape).toEqual([3, 2]);
  });

  it('are held against it where the document says the same', async () => {
    const output = { y: { dtype: 'float32' as const, shape: [1, 2] } };
    const [pipeline] = await load(folderOf(lying(), { name: 'tested', input: { x: X }, output }));
    await expect(answer(pipeline, { x: rows(3, 2) })).rejects.toMatchObject({ code: 'OUTPUT_MISMATCH' });
  });

  it('are told by a trial with two sizes, and so is that requests do not share runs', async () => {
    expect(await notesOf(folderOf(lying(), { name: 'tested', input: { x: X } }))).toEqual([
      "model: requests do not share runs of this model: axis 0 of output 'y' is always 1",
      'model: its output "y" is [2, 2] for inputs of size 2, its file says float32 [1, 2]; declare "y" under output',
    ]);
  });
});

describe('optional inputs', () => {
  /** y = x · k + w, where k has a value in the file, and w, which no input is, may lie in another. */
  function scaling(external?: string): Uint8Array {
    const graph = new OnnxGraph('scaling');
    graph.input('x', 'float32', ['n', 2]);
    graph.input('k', 'float32', [1]);
    const scaled = graph.node('Mul', ['x', 'k']);
    graph.output(graph.node('Add', [scaled, 'w'], { name: 'y' }), 'float32', ['n', 2]);
    return extendModel(encodeOnnxModel(graph), (extra) => {
      addInitializer(extra, 'k', [2]);
      addInitializer(extra, 'w', [1], external);
    });
  }
  const k = { dtype: 'float32' as const, shape: [1] };
  const ones = tensor('float32', [1, 2], Float32Array.of(1, 1));

  it.each([
    ['by its name', { input: { x: X, k } }],
    ['by a mapping', { input: { x: X, factor: k }, model: { inputs: { k: 'factor' } } }],
  ])('are used when they are bound %s', async (_, document) => {
    const [pipeline] = await load(folderOf(scaling(), { name: 'tested', ...document }));
    const [, name] = pipeline.current.pipeline.inputNames;
    const five = tensor('float32', [1], Float32Array.of(5));
    expect((await answer(pipeline, { x: ones, [name]: five })).y.data).toEqual(Float32Array.of(6, 6));
  });

  it('have the value of the file when they are not, and are named', async () => {
    const path = folderOf(scaling(), { name: 'tested', input: { x: X } });
    const [pipeline] = await load(path);
    expect((await answer(pipeline, { x: ones })).y.data).toEqual(Float32Array.of(3, 3));
    expect(await notesOf(path)).toEqual([
      `model.inputs: the optional input "k" (float32 [1]) is not bound; the value in the model's file is used`,
    ]);
  });

  it('are bound in a model with weights in another file, beside one that leaves them', async () => {
    const model = scaling('w.bin');
    const paths = [
      folderOf(model, { name: 'bound', input: { x: X, k } }, ['w.bin', [10]]),
      folderOf(model, { name: 'open', input: { x: X } }, ['w.bin', [10]]),
    ];
    const [bound, open] = await load(...paths);
    const five = tensor('float32', [1], Float32Array.of(5));
    expect((await answer(bound, { x: ones, k: five })).y.data).toEqual(Float32Array.of(15, 15));
    expect((await answer(open, { x: ones })).y.data).toEqual(Float32Array.of(12, 12));
  });

  it('are refused with what there is when a mapping misspells them', async () => {
    const document = { name: 'tested', input: { x: X, k }, model: { inputs: { kk: 'k' } } };
    await expect(load(folderOf(scaling(), document))).rejects.toThrow(
      'model.inputs.kk: the model has no input "kk"; it has: x, k',
    );
  });
});

describe('outputs that are no tensors', () => {
  function classifier(labels: readonly (string | number)[]): Uint8Array {
    const graph = new OnnxGraph('classifier');
    graph.input('X', 'float32', ['rows', 3]);
    graph.node('Softmax', ['X'], { name: 'probabilities' });
    const best = graph.node('ArgMax', ['probabilities'], {
      name: 'label',
      attributes: { axis: int(1), keepdims: int(0) },
    });
    graph.output(best, 'int64', ['rows']);
    return extendModel(encodeOnnxModel(graph), (extra) => addZipMap(extra, 'chances', labels));
  }
  const input = { X: { dtype: 'float32' as const, shape: ['rows', 3] } };
  const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('mis-model-'));

  it.each([
    ['numbers', [7, 8, 9]],
    ['texts', ['setosa', 'versicolor', 'virginica']],
  ])('are tensors with a column for each class where they are maps from %s', async (_, labels) => {
    const before = folders();
    const path = folderOf(classifier(labels), {
      name: 'tested',
      input,
      output: {
        label: { dtype: 'int64', shape: ['rows'] },
        chances: { dtype: 'float32', shape: ['rows', 3] },
      },
    });
    const [pipeline] = await load(path);
    const X2 = tensor('float32', [2, 3], Float32Array.of(9, 0, 0, 0, 0, 9));
    const { label, chances } = await answer(pipeline, { X: X2 });
    expect(label.data).toEqual(BigInt64Array.of(0n, 2n));
    expect(chances.shape).toEqual([2, 3]);
    expect((chances.data as Float32Array)[0]).toBeCloseTo(0.99975, 4);
    expect((chances.data as Float32Array)[5]).toBeCloseTo(0.99975, 4);
    expect(await notesOf(path)).toEqual([]);
    await pipeline.current.close();
    expect(folders()).toEqual(before);
  });

  it('are tensors in a model that imports no operators but those of classifiers', async () => {
    const model = normalizerModel((graph) => addZipMap(graph, 'chances', [1, 2, 3]));
    const [pipeline] = await load(folderOf(model, { name: 'tested', input }));
    const X1 = tensor('float32', [1, 3], Float32Array.of(1, 1, 2));
    expect(await answer(pipeline, { X: X1 })).toEqual({
      chances: tensor('float32', [1, 3], Float32Array.of(0.25, 0.25, 0.5)),
    });
  });

  it('are refused by name where they are sequences, and noted where nobody asks for them', async () => {
    const model = extendModel(encodeOnnxModel(identityModel('float32')), (extra) =>
      addSequence(extra, 'y', 'parts'),
    );
    const document = { name: 'tested', input: { x: X } };
    const output = { parts: { dtype: 'float32' as const, shape: ['n', 2] } };
    await expect(load(folderOf(model, { ...document, output }))).rejects.toThrow(
      'output.parts: the model\'s "parts" is a sequence, which cannot be served; export it as a tensor',
    );
    const renamed = { ...document, model: { outputs: { parts: 'p' } } };
    await expect(load(folderOf(model, renamed))).rejects.toThrow(
      'model.outputs.parts: the model\'s "parts" is a sequence',
    );
    const path = folderOf(model, document);
    const [pipeline] = await load(path);
    expect((await answer(pipeline, { x: rows(1, 2) })).y.shape).toEqual([1, 2]);
    expect(await notesOf(path)).toEqual([
      'model: its "parts" is a sequence and is left out; export it as a tensor to have it',
    ]);
  });

  it('are told from tensors that the document leaves out', async () => {
    const output = { label: { dtype: 'int64' as const, shape: ['rows'] } };
    expect(await notesOf(folderOf(classifier([1, 2, 3]), { name: 'tested', input, output }))).toEqual([
      'output: leaves out "chances" (float32 [rows, 3])',
    ]);
  });
});

describe('values kept past the model', () => {
  const model = encodeOnnxModel(identityModel('float32'));

  it('can be answered, and worked on by steps after it', async () => {
    const [pipeline] = await load(
      folderOf(model, {
        name: 'tested',
        input: { x: X, size: { dtype: 'float32', shape: [2] } },
        preprocessing: [{ use: 'scale', on: 'x', factor: 2 }],
        model: { inputs: { x: 'x' } },
        keep: ['size', 'x'],
        postprocessing: [
          { use: 'scale', factor: 10 },
          { use: 'scale', on: 'size', factor: 3 },
        ],
        output: {
          y: { dtype: 'float32', shape: ['n', 2] },
          x: { dtype: 'float32', shape: ['n', 2] },
          size: { dtype: 'float32', shape: [2] },
        },
      }),
    );
    const size = tensor('float32', [2], Float32Array.of(1, 2));
    const { y, x, size: tripled } = await answer(pipeline, { x: rows(2, 2), size });
    expect(y.data).toEqual(Float32Array.of(0, 20, 40, 60));
    expect(x.data).toEqual(Float32Array.of(0, 2, 4, 6));
    expect(tripled.data).toEqual(Float32Array.of(3, 6));
  });

  it.each([
    [['z'], 'keep[0]: there is no value "z" before the model; there are: x'],
    [['x', 'x'], 'keep[1]: "x" is kept already or the name of an output of the model'],
  ])('are refused when %j cannot be kept', async (keep, message) => {
    await expect(load(folderOf(model, { name: 'tested', input: { x: X }, keep }))).rejects.toThrow(message);
  });

  it('are offered where an output names a value of before', async () => {
    const output = { y: X, x: X };
    await expect(load(folderOf(model, { name: 'tested', input: { x: X }, output }))).rejects.toThrow(
      'output.x: the last step leaves no value "x"; it leaves: y. keep: [x] keeps that from before the model',
    );
  });
});
