import { Server, ServerCredentials, status, type Metadata, type ServerDuplexStream } from '@grpc/grpc-js';
import { type ExtendedRequest, type ExtendedResponse } from '../../../runtime/services/extended/message';
import { toTensor, toTensorProto } from '../../../runtime/grpc/tensors/converters';
import { BASIC_SERVICE } from '../../../runtime/services/basic/definition';
import { EXTENDED_SERVICE } from '../../../runtime/services/extended/definition';
import { UndecodableRequest, type DecodedRequest } from '../../../runtime/grpc/stream/decoded-request';
import { type Tensor } from '../../../runtime/tensor/tensor';

export type ServerStream = ServerDuplexStream<DecodedRequest<ExtendedRequest>, ExtendedResponse>;

/**
 * A gRPC server of the inference services on a free port. By default it answers `sum`, the sum of the input `values`, and
 * refuses a negative first value in its place. A test takes single streams over with `onStream`.
 */
export class ScriptedServer {
  private server = new Server();
  port = 0;
  /** Streams that were opened, with their metadata. */
  readonly streams: { readonly stream: ServerStream; readonly metadata: Metadata }[] = [];
  /** Requests that arrived over all streams. */
  readonly received: number[] = [];
  /** Takes over the stream of this number (from 0) by returning true. */
  onStream: (stream: ServerStream, number: number) => boolean = () => false;

  async start(port = 0, credentials = ServerCredentials.createInsecure()): Promise<this> {
    this.server = new Server({ 'grpc.max_receive_message_length': 1 << 28 });
    this.server.addService(EXTENDED_SERVICE, { predict: (stream: ServerStream) => this.open(stream) });
    this.server.addService(BASIC_SERVICE, {
      predict: (stream: ServerDuplexStream<{ id: number; tensor?: { array: Float32Array } }, unknown>) => {
        stream.on('data', ({ id, tensor }: { id: number; tensor?: { array: Float32Array } }) => {
          const sum = (tensor?.array ?? new Float32Array(0)).reduce((total, value) => total + value, 0);
          stream.write({ id, tensor: { array: Float32Array.of(sum), shape: Int32Array.of(1, 1) } });
        });
        stream.on('end', () => stream.end());
      },
    });
    this.port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    return this;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Breaks all connections. */
  stop(): void {
    this.server.forceShutdown();
  }

  private open(stream: ServerStream): void {
    const number = this.streams.length;
    this.streams.push({ stream, metadata: stream.metadata });
    stream.on('error', () => undefined);
    if (this.onStream(stream, number)) return;
    if (String(stream.metadata.get('x-pipeline')[0] ?? '') === 'unknown') {
      stream.emit('error', { code: status.NOT_FOUND, details: "no pipeline is named 'unknown'" });
      return;
    }
    stream.on('data', (request: DecodedRequest<ExtendedRequest>) => {
      this.received.push(request.id);
      answer(stream, request);
    });
    stream.on('end', () => stream.end());
  }
}

/** Answers a request as a well-behaved server does. */
export function answer(stream: ServerStream, request: DecodedRequest<ExtendedRequest>): void {
  if (request instanceof UndecodableRequest) throw request.error;
  const inputs = new Map(request.tensors.map(([name, proto]) => [name, toTensor(proto, name)]));
  const values = inputs.get('values')?.data as Float32Array;
  if (values[0] < 0) {
    const message = `a negative value, got ${values[0]}`;
    if (stream.metadata.get('x-error-mode')[0] === 'status') {
      stream.emit('error', { code: status.INVALID_ARGUMENT, details: message });
    } else {
      const error = { code: 'INVALID_ARGUMENT', message, step: 'preprocessing[0] sqrt' };
      stream.write({ id: request.id, tensors: [], error });
    }
    return;
  }
  const sum: Tensor = {
    dtype: 'float32',
    shape: [1],
    data: Float32Array.of(values.reduce((a, b) => a + b, 0)),
  };
  stream.write({ id: request.id, tensors: [['sum', toTensorProto(sum)]] });
}
