import { join } from 'node:path';
import { type Server } from '@grpc/grpc-js';

/** Folders in which this package's protos and those of the health service lie. */
const PROTOS = join(__dirname, 'proto');

/**
 * Server reflection (v1 and v1alpha) of both inference services and the health service.
 * Its libraries take longer to load than the rest of the server, and nothing that is served needs them: they are
 * required here, when the server is up.
 */
export async function addReflection(server: Server): Promise<void> {
  const [{ ReflectionService }, { loadSync }, { protoPath: healthProto }] = await Promise.all([
    import('@grpc/reflection'),
    import('@grpc/proto-loader'),
    import('grpc-health-check'),
  ]);
  const definition = loadSync(['extended_inference.proto', 'basic_inference.proto', healthProto], {
    includeDirs: [PROTOS],
    keepCase: true,
  });
  new ReflectionService(definition).addToServer(server);
}
