import { type Metadata } from '@grpc/grpc-js';
import { requireRight, type Caller } from '../../access/caller';
import { TokenLease } from '../../access/token-lease';
import { type ServiceName } from '../../../contracts/names/services';
import { InferenceError } from '../../errors';
import { type Lifecycle } from '../../serving/lifecycle';
import { type Logger } from '../../../contracts/program/logger';
import { type PipelineRegistry } from '../../serving/pipeline-registry';
import { type ServedPipeline } from '../../serving/served-pipeline';
import { type CallGate } from '../calls/call-gate';
import { type CallOpener } from '../calls/direct-call';
import { header } from '../calls/header';
import { InferenceStream } from './inference-stream';
import { type ServiceAdapter } from './service-adapter';
import { streamOptions } from './stream-metadata';
import { type StreamObserver } from './stream-observer';
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
    private readonly gate: CallGate,
    private readonly observer: StreamObserver,
  ) {}

  /** Opens the calls of one service's `predict`. */
  opener<Request extends { readonly id: number }, Response>(
    adapter: ServiceAdapter<Request, Response>,
  ): CallOpener {
    return (call, metadata, caller) => {
      try {
        this.refuseUnlessReady();
        const served = this.find(header(metadata, 'x-pipeline'), adapter.service, caller);
        const options = streamOptions(metadata);
        const context = this.observer.open(call, metadata, served.name, adapter.name, caller);
        let lease: TokenLease | undefined;
        const stream = new InferenceStream(call, adapter, served, options, context, this.unread, () => {
          lease?.release();
          this.forget(stream);
        });
        this.open.add(stream);
        if (caller !== undefined) lease = this.leaseOf(metadata, served.name, caller, stream);
        return stream;
      } catch (error) {
        if (!(error instanceof InferenceError)) this.log.error({ error }, 'stream failed to open');
        this.gate.refuse(call, `/${adapter.name}/predict`, metadata, error, caller);
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

  /** @throws InferenceError when there is no such pipeline, or it is not the caller's to call. */
  private find(name: string | undefined, service: ServiceName, caller: Caller | undefined): ServedPipeline {
    // Whoever may not call a pipeline is not told whether there is one of its name.
    if (caller !== undefined && name !== undefined) requireRight(caller, name);
    const served = this.registry.find(name, service);
    if (caller !== undefined) requireRight(caller, served.name);
    return served;
  }

  /** Where streams end with their tokens: what ends this one. */
  private leaseOf(
    metadata: Metadata,
    pipeline: string,
    { expiresMs }: Caller,
    stream: { expel(error: InferenceError): void },
  ): TokenLease | undefined {
    const { access } = this.gate;
    if (access === undefined || !access.options.endStreams) return undefined;
    const authorization = header(metadata, 'authorization') ?? '';
    const lease = new TokenLease(access, authorization, pipeline, (error) => stream.expel(error));
    lease.start(expiresMs);
    return lease;
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
