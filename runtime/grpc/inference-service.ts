import { InferenceError } from '../errors';
import { type Lifecycle } from '../lifecycle';
import { type Logger } from '../observability/logger';
import { type PipelineRegistry } from '../serving/pipeline-registry';
import { type CallOpener } from './direct-call';
import { toStatus } from './error-status';
import { header } from './header';
import { InferenceStream } from './inference-stream';
import { type ServiceAdapter } from './service-adapter';
import { streamOptions } from './stream-metadata';
import { type UnreadPool } from './unread-pool';

interface Drainable {
  /** Of the connection that it is on. */
  readonly peer: string;
  drain(readMs: number, farewell?: InferenceError): void;
  giveUp(): void;
}

/** Both inference services: opens a stream for each call, and knows those that are open. */
export class InferenceService {
  private readonly open = new Set<Drainable>();
  private onIdle: (() => void) | undefined;

  constructor(
    private readonly registry: PipelineRegistry,
    private readonly lifecycle: Lifecycle,
    private readonly log: Logger,
    private readonly unread: UnreadPool,
  ) {}

  /** Opens the calls of one service's `predict`. */
  opener<Request extends { readonly id: number }, Response>(
    adapter: ServiceAdapter<Request, Response>,
  ): CallOpener {
    return (call, metadata) => {
      try {
        this.refuseUnlessReady();
        const served = this.registry.find(header(metadata, 'x-pipeline'), adapter.service);
        const stream = new InferenceStream(
          call,
          adapter,
          served,
          streamOptions(metadata),
          this.log,
          this.unread,
          () => this.forget(stream),
        );
        this.open.add(stream);
        return stream;
      } catch (error) {
        if (!(error instanceof InferenceError)) this.log.error({ error }, 'stream failed to open');
        call.sendStatus(toStatus(error));
        return undefined;
      }
    };
  }

  /** Ends all streams once what they have sent (for `readMs` at most) is answered; resolves when the last is over. */
  async drain(readMs: number): Promise<void> {
    for (const stream of [...this.open]) stream.drain(readMs);
    if (this.open.size > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  /** Ends the streams of one connection in the same way, with `farewell`. */
  drainPeer(peer: string, readMs: number, farewell: InferenceError): void {
    for (const stream of [...this.open]) if (stream.peer === peer) stream.drain(readMs, farewell);
  }

  /** Ends all streams at once. */
  giveUp(): void {
    for (const stream of [...this.open]) stream.giveUp();
  }

  private forget(stream: Drainable): void {
    this.open.delete(stream);
    if (this.open.size === 0) this.onIdle?.();
  }

  private refuseUnlessReady(): void {
    const { state } = this.lifecycle;
    if (state !== 'ready')
      throw new InferenceError('DRAINING', `the server is ${state}; try again elsewhere`);
  }
}
