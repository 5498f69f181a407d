import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { OnnxGraph } from '../../../scripts/onnx/onnx-graph';
import { concatStringsModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { startServer, type StartedServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';

const TEXTS = [Buffer.from('café'), Buffer.from('caf\xe9', 'latin1'), Buffer.of(0xff, 0xfe, 0xfa)];

/** `index` int64 [n] → `text` string [n]: rows of a table, of which the first is UTF-8 only. */
function lookUp(): OnnxGraph {
  const graph = new OnnxGraph('texts');
  graph.input('index', 'int64', ['n']);
  const table = graph.constant('table', tensor('string', [TEXTS.length], TEXTS));
  graph.output(graph.node('Gather', [table, 'index'], { name: 'text' }), 'string', ['n']);
  return graph;
}

describe('strings that a model answers', () => {
  let started: StartedServer;
  let client: StockClient;
  beforeAll(async () => {
    const strings = { dtype: 'string' as const, shape: ['n'] };
    started = await startServer([
      pipelineFolder(lookUp(), { name: 'texts', input: { index: { dtype: 'int64', shape: ['n'] } } }),
      pipelineFolder(concatStringsModel(), { name: 'both', input: { first: strings, second: strings } }),
    ]);
    client = new StockClient(started.grpc);
  });
  afterAll(async () => {
    client.close();
    await started.server.stop();
  });

  async function ask(pipeline: string, ...requests: Record<string, Tensor>[]): Promise<unknown[]> {
    const sent = requests.map((inputs, id) => request(id, inputs));
    const { responses } = await client.call(sent, { 'x-pipeline': pipeline });
    return responses.map(({ error, tensors }) =>
      error === undefined ? toTensor(tensors[0][1], 'text').data : [error.code, error.message],
    );
  }
  const index = (...rows: number[]): Record<string, Tensor> => ({
    index: tensor('int64', [rows.length], BigInt64Array.from(rows, BigInt)),
  });

  it('are answered byte for byte, or refused where their bytes are lost, each request by itself', async () => {
    const refusal = (element: number): unknown => [
      'INTERNAL',
      expect.stringContaining(
        `the model's output 'text' holds bytes that are no UTF-8 text, or U+FFFD, in element ${element}`,
      ),
    ];
    expect(await ask('texts', index(0, 0), index(0, 1), index(0), index(2))).toEqual([
      [TEXTS[0], TEXTS[0]],
      refusal(1),
      [TEXTS[0]],
      refusal(0),
    ]);
  });

  it('may hold a replacement character that was sent', async () => {
    const text = Buffer.from('a\ufffdb');
    const one = (data: Buffer): Tensor => tensor('string', [1], [data]);
    expect(await ask('both', { first: one(text), second: one(Buffer.from('c')) })).toEqual([
      [Buffer.concat([text, Buffer.from('c')])],
    ]);
  });
});
