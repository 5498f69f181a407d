import { Server, type ServerCredentials } from '@grpc/grpc-js';
import { type Lifecycle } from '../lifecycle';
import { type Logger } from '../observability/logger';
import { type PipelineRegistry } from '../serving/pipeline-registry';
import { basicService } from './basic-service';
import { type CallGate } from './call-gate';
import { directCalls } from './direct-call';
import { extendedService } from './extended-service';
import { Health } from './health';
import { InferenceService } from './inference-service';
import { logLibraryTo } from './library-log';
import { addReflection } from './reflection';
import { BASIC_SERVICE, EXTENDED_SERVICE } from './service-definitions';
import { type StreamObserver } from './stream-observer';

/** 512 MiB: what clients are told to take. */
const MAX_MESSAGE_BYTES = 512 * 1024 * 1024;
/** How long connections that hold other streams (health watches) may stay when the server has drained, in milliseconds. */
const CLOSE_GRACE_MS = 250;

/** The gRPC side: both inference services, health and reflection on one port. */
export class GrpcServer {
  private readonly server: Server;
  private readonly inference: InferenceService;
  private readonly health: Health;

  constructor(
    private readonly registry: PipelineRegistry,
    lifecycle: Lifecycle,
    log: Logger,
    /** Largest message that is received. A larger one ends its stream as soon as its header is there. */
    maxReceivedBytes: number,
    gate: CallGate,
    observer: StreamObserver,
  ) {
    logLibraryTo(log);
    this.inference = new InferenceService(registry, lifecycle, log, gate, observer);
    const openers = new Map([
      [EXTENDED_SERVICE.predict.path, this.inference.opener(extendedService)],
      [BASIC_SERVICE.predict.path, this.inference.opener(basicService)],
    ]);
    this.server = new Server({
      interceptors: [directCalls(openers, gate)],
      'grpc.max_receive_message_length': maxReceivedBytes,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    });
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
        if (error === null) resolve(bound);
        else reject(error);
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

  /** Closes the port and, after a moment, what is still connected. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const closed = new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_GRACE_MS)));
    await Promise.race([closed, late]);
    clearTimeout(timer);
    this.server.forceShutdown();
  }
}
