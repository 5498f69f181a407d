import { status } from '@grpc/grpc-js';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { tensor } from '../../../runtime/tensor/tensor';
import { checkHealth } from '../../fixtures/check-health';
import { FALL } from '../../fixtures/fall-detection-windows';
import { identityModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { FALL_DETECTION, startServer, type StartedServer } from '../../fixtures/start-server';
import { StockClient, outcomeOf, request } from '../../fixtures/stock-client';

const negate = `module.exports = ({ defineTransformation, tensor, z }) => defineTransformation({
  name: 'fussy', description: 'For a test.', parameters: z.strictObject({}), format: (input) => input,
  apply: (x) => {
    if (x.data[0] === 666) for (;;);
    if (x.data[0] === 13) throw new Error('thirteen is out of the question');
    return tensor('float32', x.shape, x.data.map((value) => -value));
  },
});`;
const fussy = pipelineFolder(
  identityModel('float32'),
  {
    name: 'fussy',
    input: { x: { dtype: 'float32', shape: ['batch', 2] } },
    preprocessing: [{ use: 'fussy', timeoutMs: 300 }],
  },
  {
    'components/transformation/fussy/1/component.json':
      '{ "kind": "transformation", "name": "fussy", "version": "1", "entry": "index.js" }',
    'components/transformation/fussy/1/index.js': negate,
  },
);

const pair = (first: number): ReturnType<typeof tensor> =>
  tensor('float32', [1, 2], Float32Array.of(first, 1));

describe('several pipelines in one server', () => {
  let started: StartedServer;
  let client: StockClient;

  beforeAll(async () => {
    started = await startServer([FALL_DETECTION, fussy]);
    client = new StockClient(started.grpc);
  });
  afterAll(async () => {
    client.close();
    await started.server.stop();
  });

  it('are chosen by x-pipeline, the first being the default', async () => {
    const byDefault = await client.call([request(1, { array: FALL.window })]);
    const byName = await client.call([request(1, { x: pair(5) })], { 'x-pipeline': 'fussy' });
    expect(byDefault.responses[0].tensors[0][0]).toBe('prediction');
    expect(toTensor(byName.responses[0].tensors[0][1], 'y').data).toEqual(Float32Array.of(-5, -1));
  });

  it('are each a service of the health service', async () => {
    const services = ['', 'liveness', 'readiness', 'fall-detection', 'fussy', 'none'];
    const answers = await Promise.all(services.map((service) => checkHealth(started.grpc, service)));
    expect(answers).toEqual(['SERVING', 'SERVING', 'SERVING', 'SERVING', 'SERVING', 'NOT_FOUND']);
  });

  it('keep the failures of a component to its own requests', async () => {
    const sent = [5, 13, 666, 7].map((first, id) => request(id, { x: pair(first) }));
    const troubled = client.call(sent, { 'x-pipeline': 'fussy' });
    const others = client.open();
    const outcome = outcomeOf(others);
    for (let id = 0; id < 50; id += 1) others.write(request(id, { array: FALL.window }));
    others.end();
    expect((await outcome).responses.filter(({ error }) => error === undefined)).toHaveLength(50);
    const { responses, status: end } = await troubled;
    expect(end.code).toBe(status.OK);
    expect(responses.map(({ id }) => id)).toEqual([0, 1, 2, 3]);
    expect(responses.map(({ error }) => error?.code)).toEqual([
      undefined,
      'INTERNAL',
      'DEADLINE_EXCEEDED',
      undefined,
    ]);
    expect(responses[1].error).toEqual({
      code: 'INTERNAL',
      message: 'fussy: thirteen is out of the question',
      step: 'preprocessing[0] fussy',
    });
    expect(responses[2].error?.message).toBe('fussy: it did not return within 300 ms');
    expect(toTensor(responses[3].tensors[0][1], 'y').data).toEqual(Float32Array.of(-7, -1));
  });
});
