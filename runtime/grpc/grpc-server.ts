import { Server, type ServerCredentials } from '@grpc/grpc-js';
import { type Logger } from '../../contracts/program/logger';
import { endsWithin } from '../../contracts/program/within';
import { formatAddress } from '../../contracts/values/address';
import { type CallGate } from '../access/call-gate';
import { type CompiledRuntimeOptions } from '../config/runtime-options';
import { InferenceError } from '../errors';
import { type PipelineHost } from '../serving/pipeline-host';
import { directCalls } from './calls/direct-call';
import { Connections } from './connections/connections';
import { ReceiveBudget } from './connections/receive-budget';
import { applyHttp2Limits, grpcLimits, http2Servers } from './connections/server-limits';
import { type GrpcService, type OpenedGrpcService } from './grpc-service';
import { Health } from './health';
import { logLibraryTo } from './library-log';
import { addReflection } from './reflection';
import { InferenceStreams } from './stream/inference-streams';
import { UnreadPool } from './stream/unread-pool';

/** Most unread answers of one stream; beyond it the stream's requests are not read. */
const MAX_UNREAD_OF_STREAM_BYTES = 16 * 1024 * 1024;
/** How long streams of an old connection are still read before they end, in milliseconds. */
const RETIRE_READ_MS = 1000;
const CONNECT_AGAIN = new InferenceError('DRAINING', 'the connection is old; connect again');
/** 512 MiB, the limit that clients are documented to need. */
const MAX_MESSAGE_BYTES = 512 * 1024 * 1024;
/** How long connections that hold other streams (health watches) may stay when the server has drained, in milliseconds. */
const CLOSE_GRACE_MS = 250;

/** The gRPC port: the services that it is given, health and reflection. */
export class GrpcServer {
  private readonly server: Server;
  private readonly services: readonly OpenedGrpcService[];
  private readonly streams: InferenceStreams;
  private readonly connections: Connections;
  private readonly receiving: ReceiveBudget | undefined;

  constructor(
    host: PipelineHost,
    services: readonly GrpcService[],
    gate: CallGate,
    { maxMessageBytes, connections }: Pick<CompiledRuntimeOptions, 'maxMessageBytes' | 'connections'>,
    log: Logger,
  ) {
    logLibraryTo(log);
    const { metrics, inFlightBytes } = host;
    if (inFlightBytes !== undefined) this.receiving = new ReceiveBudget(inFlightBytes, log);
    const unread = new UnreadPool(connections.maxUnreadBytes, MAX_UNREAD_OF_STREAM_BYTES);
    metrics.connections.observeUnread(() => unread.bytes);
    this.connections = new Connections(connections, metrics.connections, log, (peer) =>
      this.streams.drainPeer(peer, RETIRE_READ_MS, CONNECT_AGAIN),
    );
    this.streams = new InferenceStreams(host, gate, this.connections, unread, log);
    this.services = services.map((service) => service.open({ host, gate, streams: this.streams }));
    const openers = new Map(this.services.flatMap((service) => [...service.openers]));
    this.server = new Server({
      interceptors: [directCalls(openers, gate)],
      // A larger message ends its stream as soon as its header has arrived.
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
      ...grpcLimits(connections),
    });
    applyHttp2Limits(this.server, connections);
    for (const { methods } of this.services) {
      // The methods must be known for their messages to be decoded; their calls are taken by the openers.
      const handlers = Object.keys(methods).map((name) => [name, () => undefined] as const);
      this.server.addService(methods, Object.fromEntries(handlers));
    }
    new Health(this.server, host);
  }

  /**
   * Listens; resolves to the port.
   * @throws Error when the address cannot be bound.
   */
  listen(host: string, port: number, credentials: ServerCredentials): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.bindAsync(formatAddress({ host, port }), credentials, (error, bound) => {
        if (error !== null) return reject(error);
        const { receiving } = this;
        for (const server of http2Servers(this.server)) {
          this.connections.watch(server);
          if (receiving !== undefined) server.on('stream', (stream) => receiving.watch(stream));
        }
        resolve(bound);
      });
    });
  }

  /** Server reflection; added after the start because it takes longest to load and nothing waits for it. */
  addReflection(): Promise<void> {
    return addReflection(
      this.server,
      this.services.map(({ proto }) => proto),
    );
  }

  /** Answers what the clients have sent, reading for `readMs` at most, and ends their streams. */
  drain(readMs: number): Promise<void> {
    return this.streams.drain(readMs);
  }

  /** Ends the streams that are still open, without the answers that they wait for. */
  giveUp(): void {
    this.streams.giveUp();
  }

  /** Closes the port and, after a moment, what is still connected. */
  async close(): Promise<void> {
    this.connections.close();
    const closed = new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    await endsWithin(closed, CLOSE_GRACE_MS);
    this.server.forceShutdown();
  }
}
