import { join } from 'node:path';
import { type Server } from '@grpc/grpc-js';

/** Folder of this package's protos; that of the health service comes with its package. */
const PROTOS = join(__dirname, 'proto');

/**
 * Server reflection (v1 and v1alpha) of the health service and of the services in `protos`.
 * Its libraries take longer to load than the rest of the server, and nothing that is served needs them: they are
 * imported here, when the server is up.
 */
export async function addReflection(server: Server, protos: readonly string[]): Promise<void> {
  const [{ ReflectionService }, { loadSync }, { protoPath: healthProto }] = await Promise.all([
    import('@grpc/reflection'),
    import('@grpc/proto-loader'),
    import('grpc-health-check'),
  ]);
  const definition = loadSync([...protos, healthProto], {
    includeDirs: [PROTOS],
    keepCase: true,
  });
  new ReflectionService(definition).addToServer(server);
}
