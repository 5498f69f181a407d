import { type Metadata, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type ServiceName } from '../../../contracts/names/services';
import { type Logger } from '../../../contracts/program/logger';
import { type CallGate } from '../../access/call-gate';
import { requireRight, type Caller } from '../../access/caller';
import { type TokenLease } from '../../access/token-lease';
import { InferenceError } from '../../errors';
import { type PipelineHost } from '../../serving/pipeline-host';
import { oneOf, readContext } from '../../serving/request-context';
import { refuseCall } from '../calls/admit-call';
import { type CallOpener } from '../calls/direct-call';
import { readHeader } from '../calls/read-header';
import { type Connections } from '../connections/connections';
import { UndecodableRequest, type DecodedRequest } from './decoded-request';
import { InferenceStream } from './inference-stream';
import { type StreamConversion } from './stream-conversion';
import { type UnreadPool } from './unread-pool';

interface OpenStream {
  /** Of the connection that it is on. */
  readonly peer: string;
  drain(readMs: number, farewell?: InferenceError): void;
  giveUp(): void;
}

/** Opens the inference streams of all services, and knows those that are open. */
export class InferenceStreams {
  private readonly open = new Set<OpenStream>();
  private onIdle: (() => void) | undefined;

  constructor(
    private readonly host: PipelineHost,
    private readonly gate: CallGate,
    private readonly connections: Connections,
    private readonly unread: UnreadPool,
    private readonly log: Logger,
  ) {}

  /**
   * Opens the calls of a service's method.
   * @param path `/package.Service/method`
   */
  opener<Request extends { readonly id: number }, Response>(
    service: ServiceName,
    path: string,
    conversion: StreamConversion<Request, Response>,
  ): CallOpener {
    const decoded = ofDecoded(conversion);
    return (call, metadata, caller) => {
      try {
        return this.begin(call, metadata, caller, service, path, decoded);
      } catch (error) {
        if (!(error instanceof InferenceError)) this.log.error({ error }, 'stream failed to open');
        refuseCall(this.gate, call, path, metadata, error, caller);
        return undefined;
      }
    };
  }

  private begin<Request extends { readonly id: number }, Response>(
    call: ServerInterceptingCallInterface,
    metadata: Metadata,
    caller: Caller | undefined,
    service: ServiceName,
    path: string,
    conversion: StreamConversion<DecodedRequest<Request>, Response>,
  ): InferenceStream<DecodedRequest<Request>, Response> {
    this.connections.requireCalm(call, metadata);
    const { exchange, tracing } = this.host;
    const header = readHeader(metadata);
    const served = this.host.find(header('x-pipeline'), service, (pipeline) => {
      if (caller !== undefined) requireRight(caller, pipeline);
    });
    const errorMode = oneOf(header, 'x-error-mode', ['in-band', 'status']) ?? 'in-band';
    const [, wireName] = path.split('/');
    const context = readContext(header, {
      pipeline: served.name,
      service: wireName,
      caller: caller?.name,
      tracing,
    });
    let lease: TokenLease | undefined;
    const stream = new InferenceStream(
      call,
      conversion,
      { exchange, served, context, errorMode },
      this.unread,
      this.log,
      () => {
        lease?.release();
        this.forget(stream);
      },
    );
    this.open.add(stream);
    if (this.log.isLevelEnabled('debug')) {
      const names = { pipeline: served.name, stream: context.stream, service: wireName };
      this.log.debug({ ...names, peer: stream.peer, caller: caller?.name }, 'stream opened');
    }
    if (caller !== undefined) {
      lease = this.gate.lease(header, served.name, caller, (error) => stream.expel(error));
    }
    return stream;
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

  private forget(stream: OpenStream): void {
    this.open.delete(stream);
    if (this.open.size === 0) this.onIdle?.();
  }
}

/** The conversion of what a stream delivers: a message that could not be decoded fails like one that could not be read. */
function ofDecoded<Request extends { readonly id: number }, Response>(
  conversion: StreamConversion<Request, Response>,
): StreamConversion<DecodedRequest<Request>, Response> {
  return {
    ...conversion,
    sizeOf: (request) => (request instanceof UndecodableRequest ? 0 : conversion.sizeOf(request)),
    toInputs(request, inputNames) {
      if (request instanceof UndecodableRequest) throw request.error;
      return conversion.toInputs(request, inputNames);
    },
  };
}
