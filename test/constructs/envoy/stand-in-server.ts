import { Server, ServerCredentials, type ServerDuplexStream, type ServiceDefinition } from '@grpc/grpc-js';
import { HealthImplementation, type ServingStatusMap } from 'grpc-health-check';

const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value };

/** A bidirectional stream of raw messages, as the inference services have one. */
export const ECHO: ServiceDefinition = {
  predict: {
    path: '/extended_inference.ExtendedInferenceService/predict',
    requestStream: true,
    responseStream: true,
    requestSerialize: bytes.serialize,
    requestDeserialize: bytes.deserialize,
    responseSerialize: bytes.serialize,
    responseDeserialize: bytes.deserialize,
  },
};

/** A gRPC server with the health service and the stream of an inference server: it answers its name and what it got. */
export class StandInServer {
  static async start(name: string): Promise<StandInServer> {
    const statuses: ServingStatusMap = { '': 'SERVING', readiness: 'SERVING', liveness: 'SERVING' };
    const health = new HealthImplementation(statuses);
    const unlimited = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
    const server = new Server(unlimited);
    health.addToServer(server);
    const counts = { streams: 0 };
    server.addService(ECHO, {
      predict: (call: ServerDuplexStream<Buffer, Buffer>) => {
        counts.streams += 1;
        call.on('data', (message: Buffer) => call.write(Buffer.concat([Buffer.from(`${name}:`), message])));
        call.on('end', () => call.end());
        call.on('error', () => undefined);
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    return new StandInServer(name, port, server, health, counts);
  }

  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly server: Server,
    private readonly health: HealthImplementation,
    private readonly counts: { streams: number },
  ) {}

  get streams(): number {
    return this.counts.streams;
  }

  setReady(ready: boolean): void {
    this.health.setStatus('readiness', ready ? 'SERVING' : 'NOT_SERVING');
  }

  stop(): void {
    this.server.forceShutdown();
  }
}
