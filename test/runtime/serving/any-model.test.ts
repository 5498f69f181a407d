import { type PipelineDocumentInput } from '../../../runtime/definition/pipeline-document';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { type OnnxGraph } from '../../fixtures/models/onnx';
import {
  concatStringsModel,
  lookUpModel,
  meanModel,
  runningSumModel,
  sumAndProductModel,
} from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { startServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';

type Named = Readonly<Record<string, Tensor>>;

const floats = (shape: number[], ...values: number[]): Tensor =>
  tensor('float32', shape, Float32Array.from(values));
const texts = (...values: string[]): Tensor =>
  tensor(
    'string',
    [values.length],
    values.map((value) => Buffer.from(value)),
  );
const integers = (shape: number[], ...values: bigint[]): Tensor =>
  tensor('int64', shape, BigInt64Array.from(values));

interface Case {
  readonly model: OnnxGraph;
  readonly document: Omit<PipelineDocumentInput, 'model' | 'name'> & { model?: object };
  readonly requests: readonly (readonly [Named, Named])[];
}

const cases: Record<string, Case> = {
  'several inputs and outputs': {
    model: sumAndProductModel(),
    document: {
      input: {
        a: { dtype: 'float32', shape: ['batch', 3] },
        b: { dtype: 'float32', shape: ['batch', 3] },
      },
    },
    requests: [
      [
        { a: floats([1, 3], 1, 2, 3), b: floats([1, 3], 4, 5, 6) },
        { sum: floats([1, 3], 5, 7, 9), product: floats([1, 3], 4, 10, 18) },
      ],
      [
        { a: floats([2, 3], 1, 1, 1, NaN, 2, Infinity), b: floats([2, 3], 0, 1, 2, 1, 2, 3) },
        {
          sum: floats([2, 3], 1, 2, 3, NaN, 4, Infinity),
          product: floats([2, 3], 0, 1, 2, NaN, 4, Infinity),
        },
      ],
    ],
  },
  'a recurrent state, with names of its own in the pipeline': {
    model: runningSumModel(),
    document: {
      input: {
        sample: { dtype: 'float32', shape: [2] },
        memory: { dtype: 'float32', shape: [1, 2] },
      },
      preprocessing: [{ use: 'expand', on: 'sample', axis: 0 }],
      model: { inputs: { x: 'sample', state: 'memory' }, outputs: { next: 'memory' } },
      output: { memory: { dtype: 'float32', shape: [1, 2] } },
    },
    requests: [
      [{ sample: floats([2], 1, 2), memory: floats([1, 2], 0, 0) }, { memory: floats([1, 2], 1, 2) }],
      [{ sample: floats([2], 3, 4), memory: floats([1, 2], 1, 2) }, { memory: floats([1, 2], 4, 6) }],
    ],
  },
  'symbolic axes': {
    model: meanModel(),
    document: { input: { x: { dtype: 'float32', shape: ['batch', 'length'] } } },
    requests: [
      [{ x: floats([1, 4], 1, 2, 3, 6) }, { mean: floats([1], 3) }],
      [{ x: floats([2, 1], 5, 7) }, { mean: floats([2], 5, 7) }],
      [{ x: floats([1, 2], 1, 2) }, { mean: floats([1], 1.5) }],
    ],
  },
  'int64 tensors': {
    model: lookUpModel(),
    document: { input: { index: { dtype: 'int64', shape: ['batch'] } } },
    requests: [
      [{ index: integers([1], 3n) }, { row: integers([1, 2], 30n, 31n) }],
      [{ index: integers([2], 0n, 9n) }, { row: integers([2, 2], 0n, 1n, 90n, 91n) }],
    ],
  },
  'string tensors': {
    model: concatStringsModel(),
    document: {
      input: { first: { dtype: 'string', shape: ['batch'] }, second: { dtype: 'string', shape: ['batch'] } },
    },
    requests: [
      [{ first: texts('grüß'), second: texts(' gott') }, { both: texts('grüß gott') }],
      [{ first: texts('a', ''), second: texts('b', 'c') }, { both: texts('ab', 'c') }],
    ],
  },
};

describe('a document alone serves a model with', () => {
  it.each(Object.entries(cases))('%s', async (_, { model, document, requests }) => {
    const path = pipelineFolder(model, { ...document, name: 'tested' });
    const { server, grpc } = await startServer([path]);
    const client = new StockClient(grpc);
    try {
      const { responses } = await client.call(requests.map(([inputs], id) => request(id, inputs)));
      expect(responses.map(({ error }) => error)).toEqual(requests.map(() => undefined));
      const answers = responses.map(({ tensors }) =>
        Object.fromEntries(tensors.map(([name, proto]) => [name, toTensor(proto, name)])),
      );
      for (const [index, [, expected]] of requests.entries()) expectTensors(answers[index], expected);
    } finally {
      client.close();
      await server.stop();
    }
  });
});

function expectTensors(actual: Named, expected: Named): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { dtype, shape, data }] of Object.entries(expected)) {
    expect([actual[name].dtype, actual[name].shape]).toEqual([dtype, shape]);
    expect(readable(actual[name])).toEqual(readable({ dtype, shape, data }));
  }
}

function readable({ data }: Tensor): string[] {
  return Array.from(data as ArrayLike<unknown>, (value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value),
  );
}
