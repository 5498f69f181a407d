import { Client, credentials, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { dirname, join } from 'node:path';
import { eventually } from '../../fixtures/eventually';
import { FALL_DETECTION, startServer, type StartedServer } from '../../fixtures/start-server';

const PROTOS = join(dirname(require.resolve('@grpc/reflection/package.json')), 'build/proto');

interface Reflected {
  readonly list_services_response?: { readonly service: readonly { readonly name: string }[] };
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] };
}

describe.each(['v1', 'v1alpha'])('server reflection %s', (version) => {
  let started: StartedServer;
  beforeAll(async () => {
    started = await startServer([FALL_DETECTION]);
  });
  afterAll(() => started.server.stop());

  async function ask(request: object): Promise<Reflected> {
    const loaded = loadSync(`grpc/reflection/${version}/reflection.proto`, {
      includeDirs: [PROTOS],
      keepCase: true,
    });
    const { ServerReflectionInfo } = loaded[
      `grpc.reflection.${version}.ServerReflection`
    ] as ServiceDefinition;
    const { path, requestSerialize, responseDeserialize } = ServerReflectionInfo;
    const client = new Client(started.grpc, credentials.createInsecure());
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    stream.write(request);
    stream.end();
    try {
      for await (const answer of stream) return answer as Reflected;
      throw new Error('no answer');
    } finally {
      client.close();
    }
  }

  it('lists both inference services and health', async () => {
    await eventually(async () => {
      const { list_services_response: list } = await ask({ list_services: '' });
      expect(list?.service.map(({ name }) => name).sort()).toEqual([
        'basic_inference.BasicInferenceService',
        'extended_inference.ExtendedInferenceService',
        'grpc.health.v1.Health',
      ]);
    });
  });

  it('describes the messages of the Extended service', async () => {
    await eventually(async () => {
      const symbol = 'extended_inference.ExtendedInferenceService';
      const { file_descriptor_response: files } = await ask({ file_containing_symbol: symbol });
      const text = Buffer.concat([...(files?.file_descriptor_proto ?? [])]).toString('latin1');
      for (const name of ['predict', 'TensorProto', 'InferenceError']) expect(text).toContain(name);
    });
  });
});
