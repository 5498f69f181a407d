import { Server, type ServerCredentials } from '@grpc/grpc-js';
import { type CompiledRuntimeOptions } from '../config/runtime-options';
import { InferenceError } from '../errors';
import { type Lifecycle } from '../serving/lifecycle';
import { type Logger } from '../../contracts/program/logger';
import { type Metrics } from '../observability/metrics';
import { type PipelineRegistry } from '../serving/pipeline-registry';
import { basicService } from '../services/basic/service';
import { type CallGate } from './calls/call-gate';
import { Connections } from './connections/connections';
import { ReceiveBudget } from './connections/receive-budget';
import { applyHttp2Limits, grpcLimits, http2Servers } from './connections/server-limits';
import { directCalls } from './calls/direct-call';
import { extendedService } from '../services/extended/service';
import { Health } from './health';
import { InferenceService } from './stream/inference-service';
import { logLibraryTo } from './library-log';
import { addReflection } from './reflection';
import { BASIC_SERVICE, EXTENDED_SERVICE } from '../services/service-definitions';
import { type StreamObserver } from './stream/stream-observer';
import { UnreadPool } from './stream/unread-pool';

/** Most that one stream's client may leave unread before its requests are. */
const MAX_UNREAD_OF_STREAM_BYTES = 16 * 1024 * 1024;
/** Longest that a stream of an old connection is read on before it ends, in milliseconds. */
const RETIRE_READ_MS = 1000;
const CONNECT_AGAIN = new InferenceError('DRAINING', 'the connection is old; connect again');
/** 512 MiB: what clients are told to take. */
const MAX_MESSAGE_BYTES = 512 * 1024 * 1024;
/** How long connections that hold other streams (health watches) may stay when the server has drained, in milliseconds. */
const CLOSE_GRACE_MS = 250;

/** The gRPC side: both inference services, health and reflection on one port. */
export class GrpcServer {
  private readonly server: Server;
  private readonly inference: InferenceService;
  private readonly health: Health;
  private readonly connections: Connections;
  private readonly receiving: ReceiveBudget | undefined;

  constructor(
    private readonly registry: PipelineRegistry,
    lifecycle: Lifecycle,
    log: Logger,
    metrics: Metrics,
    { maxMessageBytes, connections }: Pick<CompiledRuntimeOptions, 'maxMessageBytes' | 'connections'>,
    gate: CallGate,
    observer: StreamObserver,
    /** Most bytes of messages that are on their way in. Default: any. */
    receiveBytes?: number,
  ) {
    logLibraryTo(log);
    if (receiveBytes !== undefined) this.receiving = new ReceiveBudget(receiveBytes, log);
    const unread = new UnreadPool(connections.maxUnreadBytes, MAX_UNREAD_OF_STREAM_BYTES);
    metrics.connections.observeUnread(() => unread.bytes);
    this.inference = new InferenceService(registry, lifecycle, log, unread, gate, observer);
    const openers = new Map([
      [EXTENDED_SERVICE.predict.path, this.inference.opener(extendedService)],
      [BASIC_SERVICE.predict.path, this.inference.opener(basicService)],
    ]);
    this.server = new Server({
      interceptors: [directCalls(openers, gate)],
      // A larger one ends its stream as soon as its header is there.
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
      ...grpcLimits(connections),
    });
    applyHttp2Limits(this.server, connections);
    this.connections = new Connections(connections, metrics.connections, log, (peer) =>
      this.inference.drainPeer(peer, RETIRE_READ_MS, CONNECT_AGAIN),
    );
    // The methods must be known for their messages to be decoded; their calls are taken by the openers.
    this.server.addService(EXTENDED_SERVICE, { predict: () => undefined });
    this.server.addService(BASIC_SERVICE, { predict: () => undefined });
    this.health = new Health(this.server, lifecycle);
  }

  /**
   * Listens; resolves to the port.
   * @throws Error when the address cannot be bound.
   */
  listen(host: string, port: number, credentials: ServerCredentials): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.bindAsync(`${host}:${port}`, credentials, (error, bound) => {
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

  /** To be called when the pipelines are loaded: their names in the health service. */
  announcePipelines(): void {
    this.health.addPipelines(this.registry.names);
  }

  /** Server reflection; apart from the rest because it takes longest and nothing waits for it. */
  addReflection(): Promise<void> {
    return addReflection(this.server);
  }

  /** Answers what the clients have sent, reading for `readMs` at most, and ends their streams. */
  drain(readMs: number): Promise<void> {
    return this.inference.drain(readMs);
  }

  /** Ends the streams that are still open, without the answers that they wait for. */
  giveUp(): void {
    this.inference.giveUp();
  }

  /** Closes the port and, after a moment, what is still connected. */
  async close(): Promise<void> {
    this.connections.close();
    let timer: NodeJS.Timeout | undefined;
    const closed = new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_GRACE_MS)));
    await Promise.race([closed, late]);
    clearTimeout(timer);
    this.server.forceShutdown();
  }
}
