import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { parseDocument } from '../../../runtime/definition/read-document';
import { InferenceClient } from '../../../runtime/client';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { OnnxGraph } from '../../../scripts/onnx/onnx-graph';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { startServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';

/** Names that every object of JavaScript inherits. */
const INHERITED = [
  ...['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'toLocaleString'],
  ...['propertyIsEnumerable', '__defineGetter__', '__lookupSetter__'],
];
const format = { dtype: 'float32' as const, shape: ['n', 3] };
const ones = (rows: number, value = 1): Tensor =>
  tensor('float32', [rows, 3], new Float32Array(3 * rows).fill(value));

/** `input` → `output`, twice the input. */
function doubling(input: string, output: string): OnnxGraph {
  const graph = new OnnxGraph('names');
  const x = graph.input(input, 'float32', ['batch', 3]);
  graph.output(graph.node('Add', [x, x], { name: output }), 'float32', ['batch', 3]);
  return graph;
}

describe.each(INHERITED)('a tensor called %s', (name) => {
  it.each(['inline', 'worker'] as const)('goes into the model and comes out of it, %s', async (execution) => {
    const intoModel = pipelineFolder(doubling(name, 'y'), {
      name: 'input',
      input: { [name]: format },
      inferencer: { execution },
      preprocessing: [{ use: 'scale', on: name, factor: 2 }],
    });
    const outOfModel = pipelineFolder(doubling('x', name), {
      name: 'output',
      input: { x: format },
      inferencer: { execution },
    });
    const mapped = pipelineFolder(doubling('x', 'y'), {
      name: 'mapped',
      input: { [name]: format },
      inferencer: { execution },
      model: { inputs: { x: name }, outputs: { y: name } },
      postprocessing: [{ use: 'scale', on: name, factor: 3 }],
    });
    const { server, grpc } = await startServer([intoModel, outOfModel, mapped]);
    const client = new StockClient(grpc);
    const ask = async (pipeline: string, inputs: Record<string, Tensor>): Promise<unknown> => {
      const requests = [request(1, inputs), request(2, inputs)];
      const { responses } = await client.call(requests, { 'x-pipeline': pipeline });
      return responses.map(
        ({ error, tensors }) => error ?? tensors.map(([key, proto]) => [key, toTensor(proto, key).data[0]]),
      );
    };
    expect(await ask('input', { [name]: ones(1) })).toEqual([[['y', 4]], [['y', 4]]]);
    expect(await ask('output', { x: ones(2), [`${name}2`]: ones(1) })).toEqual([[[name, 2]], [[name, 2]]]);
    expect(await ask('mapped', { [name]: ones(1) })).toEqual([[[name, 6]], [[name, 6]]]);
    expect(await ask('mapped', { x: ones(1) })).toMatchObject([
      { message: expect.stringContaining(`input '${name}' missing`) as string },
      {},
    ]);
    client.close();

    const own = new InferenceClient({ address: grpc, pipeline: 'mapped' });
    const outputs = await own.predict({ [name]: ones(1) });
    expect(Object.keys(outputs)).toEqual([name]);
    expect(outputs[name].data[0]).toBe(6);
    own.close();
    await server.stop();
  });
});

describe('a tensor called __proto__', () => {
  it.each([
    ['input', doubling('__proto__', 'y')],
    ['output', doubling('x', '__proto__')],
  ])("is refused by name as the model's %s", async (_, graph) => {
    const path = pipelineFolder(graph, { name: 'proto', input: { x: format } });
    await expect(startServer([path])).rejects.toThrow(
      'has an input or output called "__proto__", which cannot be served: rename it',
    );
  });

  const document = (text: string) => (): unknown =>
    parseDocument(`name: p\nmodel: { name: m, version: v1 }\n${text}`);
  it.each([
    [
      'input: { x: { dtype: float32, shape: [1] }, __proto__: { dtype: float32, shape: [1] } }',
      'input.__proto__',
    ],
    [
      'input: { x: { dtype: float32, shape: [1] } }\npreprocessing: [{ use: scale, as: __proto__ }]',
      'preprocessing[0].as',
    ],
  ])('is refused by name in the document: %s', (text, path) => {
    expect(document(text)).toThrow(path);
    expect(document(text)).toThrow(/__proto__/);
  });

  it('that a request sends beside the inputs is ignored', async () => {
    const { server, grpc } = await startServer([
      pipelineFolder(doubling('x', 'y'), { name: 'p', input: { x: format } }),
    ]);
    const client = new StockClient(grpc);
    // Without a prototype, the name is one like any other.
    const sent = Object.create(null) as Record<string, Tensor>;
    for (const name of ['x', '__proto__']) sent[name] = ones(1);
    const { responses } = await client.call([request(1, sent)]);
    expect(responses[0].tensors.map(([name]) => name)).toEqual(['y']);
    client.close();
    await server.stop();
  });
});
