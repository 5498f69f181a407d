import { status } from '@grpc/grpc-js';
import { checkDocument } from '../../../runtime/definition';
import { InferenceClient } from '../../../runtime/client';
import { identityModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { startServer, type StartedServer } from '../../fixtures/start-server';

const input = { x: { dtype: 'float32' as const, shape: ['n', 2] } };
const serve = (name: string, bound: object): string =>
  pipelineFolder(identityModel('float32'), { name, input, ...bound });

describe('the services that a pipeline is bound to', () => {
  let started: StartedServer;
  beforeAll(async () => {
    started = await startServer([
      serve('only-basic', { service: 'basic' }),
      serve('only-extended', { service: 'extended' }),
      serve('both', { services: ['extended', 'basic'] }),
      serve('open', {}),
    ]);
  });
  afterAll(() => started.server.stop());

  /** The status of a call over the service, and what it was told. */
  async function ask(service: 'basic' | 'extended', pipeline?: string): Promise<[string, string]> {
    const client = new InferenceClient({ address: started.grpc, service, ...(pipeline && { pipeline }) });
    try {
      const answer = await client.predict({
        x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) },
      });
      return ['OK', Object.keys(answer).join()];
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return [code, message];
    } finally {
      client.close();
    }
  }

  it.each([
    ['extended', 'only-extended', 'y'],
    ['extended', 'both', 'y'],
    ['extended', 'open', 'y'],
    ['basic', 'only-basic', 'tensor'],
    ['basic', 'both', 'tensor'],
    ['basic', 'open', 'tensor'],
  ] as const)('%s reaches %s', async (service, pipeline, output) => {
    expect(await ask(service, pipeline)).toEqual(['OK', output]);
  });

  it.each([
    ['extended', 'only-basic', "pipeline 'only-basic' is served over 'basic', not over 'extended'"],
    ['basic', 'only-extended', "pipeline 'only-extended' is served over 'extended', not over 'basic'"],
  ] as const)('%s does not reach %s', async (service, pipeline, message) => {
    const [code, told] = await ask(service, pipeline);
    expect([code, told]).toEqual([status[status.FAILED_PRECONDITION], expect.stringContaining(message)]);
  });

  it('decide which pipeline is the default of a call', async () => {
    expect(await ask('extended')).toEqual(['OK', 'y']);
    expect(await ask('basic')).toEqual(['OK', 'tensor']);
  });

  it('are checked against the formats, each of them, where the document names them', () => {
    const document = { name: 'p', input: { a: input.x, b: input.x }, model: { name: 'm', version: '1' } };
    const problems = (bound: object): readonly object[] =>
      checkDocument({ ...document, ...bound }).problems.filter(({ path }) => /input|service/.test(path));
    expect(problems({})).toEqual([]);
    const refused = [{ path: 'input', message: 'the basic service carries one float32 tensor, got 2: a, b' }];
    expect(problems({ service: 'basic' })).toEqual(refused);
    expect(problems({ services: ['extended', 'basic'] })).toEqual(refused);
    expect(problems({ service: 'basic', services: ['extended'] })).toEqual([
      { path: 'services', message: "stands in place of 'service', which is 'basic': one of them has to go" },
    ]);
  });
});
