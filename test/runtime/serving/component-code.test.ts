import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { assemblePipeline } from '../../../runtime/serving/assemble-pipeline';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { eventually } from '../../fixtures/eventually';
import { identityModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { partsOf } from '../../fixtures/pipelines';
import { recordingLog } from '../../fixtures/recording-log';
import { startServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';

interface Step {
  readonly apply: string;
  readonly format?: string;
}

const files = (name: string, { apply, format = '(x) => x' }: Step): Record<string, string> => ({
  [`components/transformation/${name}/1/component.json`]: JSON.stringify({
    kind: 'transformation',
    name,
    version: '1',
    entry: 'index.js',
  }),
  [`components/transformation/${name}/1/index.js`]: `
    module.exports = ({ defineTransformation, tensor, z }) => defineTransformation({
      name: '${name}', description: '', parameters: z.strictObject({}), format: ${format}, apply: ${apply} });`,
});

function pipelineOf(where: 'preprocessing' | 'postprocessing', step: Step, fields: object = {}): string {
  return pipelineFolder(
    identityModel('float32'),
    {
      name: 'tested',
      input: { x: { dtype: 'float32', shape: ['n', 2] } },
      [where]: [{ use: 'tested', ...fields }],
    },
    files('tested', step),
  );
}

const sent = (value: number): { x: Tensor } => ({ x: tensor('float32', [1, 2], Float32Array.of(value, 0)) });

async function answers(path: string, values: readonly number[]) {
  const recording = recordingLog();
  const { server, grpc } = await startServer([path], {}, recording.log);
  const client = new StockClient(grpc);
  try {
    const { responses } = await client.call(values.map((value, id) => request(id, sent(value))));
    await eventually(() => expect(recording.lines.length).toBeGreaterThan(0));
    return { responses, said: (message: string) => recording.of(message) };
  } finally {
    client.close();
    await server.stop();
  }
}

describe('a request of a pipeline with a component', () => {
  it.each([
    [
      'preprocessing',
      "(x) => tensor('float32', x.shape, Array.from(x.data))",
      'must be a Float32Array, got an Array',
    ],
    [
      'preprocessing',
      '(x) => ({ ...x, shape: [2, 1] })',
      "promised float32 [n, 2] where n = 1 for 'x', apply returned float32 [2, 1]",
    ],
    [
      'postprocessing',
      "(y) => tensor('float32', y.shape, Int32Array.from(y.data))",
      "the data of 'y', float32, must be a Float32Array, got a Int32Array",
    ],
    [
      'postprocessing',
      "(y) => tensor('float32', [0, 2], new Float32Array(0))",
      'apply returned float32 [0, 2]',
    ],
    ['postprocessing', '() => { throw undefined }', 'it threw undefined, which is no Error'],
  ] as const)('is answered with what was wrong in %s: %s', async (where, apply, message) => {
    const { responses, said } = await answers(pipelineOf(where, { apply }), [1]);
    const { error } = responses[0];
    expect(error).toMatchObject({ code: 'INTERNAL', step: `${where}[0] tested` });
    expect(error?.message).toContain(message);
    expect(said('request failed')).toHaveLength(1);
  });

  it('leaves strings that are no bytes out of its answer', async () => {
    const step = {
      format: "({ shape }) => ({ dtype: 'string', shape })",
      apply: "(y) => tensor('string', y.shape, Array.from(y.data, (v) => 'class ' + v))",
    };
    const { responses } = await answers(pipelineOf('postprocessing', step), [1]);
    expect(responses[0].error?.message).toContain("the data of 'y', string, must be an Array of Uint8Array");
  });

  it('has the line of the author in the log, and not in the answer', async () => {
    const { responses, said } = await answers(
      pipelineOf('preprocessing', { apply: '() => undefined.x' }),
      [1],
    );
    expect(responses[0].error?.message).toBe("tested: Cannot read properties of undefined (reading 'x')");
    const [line] = said('request failed');
    expect(JSON.stringify(line.error)).toMatch(/index\.js:\d+:\d+/);
    expect((line.error as { message: string }).message.match(/Cannot read/g)).toHaveLength(1);
  });

  it('logs what the component writes, with its name', async () => {
    const apply =
      "(x) => { console.log('got %d values', x.data.length); console.error('careful'); return x }";
    const { said } = await answers(pipelineOf('preprocessing', { apply }), [1]);
    expect(said('component output')).toMatchObject([
      { level: 'info', component: 'tested', stream: 'stdout', text: 'got 2 values' },
      { level: 'warn', component: 'tested', stream: 'stderr', text: 'careful' },
    ]);
  });

  it('keeps its place on its stream while several threads work', async () => {
    const apply = '(x) => new Promise((resolve) => setTimeout(() => resolve(x), x.data[0]))';
    const delays = [300, 1, 200, 2, 100, 3, 50, 4];
    const startedMs = performance.now();
    const { responses } = await answers(pipelineOf('preprocessing', { apply }, { workers: 4 }), delays);
    expect(responses.map(({ id }) => id)).toEqual(delays.map((_, id) => id));
    expect(responses.map(({ tensors }) => toTensor(tensors[0][1], 'y').data[0])).toEqual(delays);
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  });

  it('times out alone while several threads work', async () => {
    const apply = '(x) => { while (x.data[0] === 1); return x }';
    const path = pipelineOf('preprocessing', { apply }, { workers: 2, timeoutMs: 400 });
    const { responses } = await answers(path, [0, 1, 0, 0]);
    expect(responses.map(({ error }) => error?.code)).toEqual([
      undefined,
      'DEADLINE_EXCEEDED',
      undefined,
      undefined,
    ]);
  });
});

describe('assemblePipeline with components', () => {
  it('takes a document by a relative path', async () => {
    const path = relative(process.cwd(), pipelineOf('preprocessing', { apply: '(x) => x' }));
    const { host, plan } = await assemblePipeline(path, { components: [] });
    await host?.close();
    expect(partsOf(plan).before).toHaveLength(1);
  });

  it.each([
    [
      "() => ({ dtype: 'float32', shape: 'any' })",
      'preprocessing[0]: tested got float32 [n, 2] as "x": the format step of tested returned shape \'any\', expected a list of sizes',
    ],
    [
      '() => { throw undefined }',
      'preprocessing[0]: tested got float32 [n, 2] as "x": its format step threw: it threw undefined',
    ],
  ])('refuses the pipeline when the format step is %s', async (format, message) => {
    const path = pipelineOf('preprocessing', { format, apply: '(x) => x' });
    await expect(assemblePipeline(path, { components: [] })).rejects.toThrow(message);
  });

  it('says where a module does not load, and nothing else of it', async () => {
    const path = pipelineOf('preprocessing', { apply: '(x) => x' });
    const entry = join(path, '../components/transformation/tested/1/index.js');
    writeFileSync(entry, 'module.exports = () => {\n  const a = ;\n};');
    await expect(assemblePipeline(path, { components: [] })).rejects.toMatchObject({
      problems: [
        { path: 'components', message: `${entry} does not load: Unexpected token ';' (index.js:2:13)` },
      ],
    });
  });

  it('refuses another number of workers for the same component', async () => {
    const path = pipelineFolder(
      identityModel('float32'),
      {
        name: 'tested',
        input: { x: { dtype: 'float32', shape: ['n', 2] } },
        preprocessing: [{ use: 'tested', workers: 2 }, { use: 'tested' }, { use: 'tested', workers: 3 }],
      },
      files('tested', { apply: '(x) => x' }),
    );
    await expect(assemblePipeline(path, { components: [] })).rejects.toMatchObject({
      problems: [
        {
          path: 'preprocessing[2].workers',
          message: "must be 2 as in the step of 'tested' before, whose threads it shares; got 3",
        },
      ],
    });
  });
});
