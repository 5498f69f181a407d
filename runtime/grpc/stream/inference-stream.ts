import { setMaxListeners } from 'node:events';
import { Metadata, status, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type Logger } from '../../../contracts/program/logger';
import { InferenceError } from '../../errors';
import { cancelled, deadlinePassed } from '../../inferencer/request-queue';
import { type Exchange } from '../../serving/exchange';
import { Exchanged, type CallListener, type ExchangeCall } from '../../serving/exchange-call';
import { type CallContext } from '../../serving/request-context';
import { type ServedPipeline } from '../../serving/served-pipeline';
import { type CallHandler } from '../calls/direct-call';
import { toStatus } from '../calls/error-status';
import { peerOf } from '../connections/connection';
import { ResponseSender } from './response-sender';
import { type StreamConversion } from './stream-conversion';
import { type UnreadPool } from './unread-pool';

/** A draining stream ends when nothing has arrived from its client for this long, in milliseconds. */
const QUIET_MS = 20;

/** The client's deadline passes earlier than the server's, by the time of its headers; it then cancels the stream. In milliseconds. */
const DEADLINE_SLACK_MS = 25;

/** A message between its arrival and its answer, in the order of the stream. */
class Slot<Response> extends Exchanged<Response> {
  declare readonly id: number;
  next: Slot<Response> | undefined = undefined;
}

/** What a stream is opened for. */
export interface StreamOptions {
  readonly exchange: Exchange;
  readonly served: ServedPipeline;
  /** What the stream's metadata says. */
  readonly context: CallContext & { readonly stream: string };
  /** How a failed request is answered: in its place on the stream, or by ending the stream. */
  readonly errorMode: 'in-band' | 'status';
}

/**
 * One bidirectional stream: requests are answered concurrently by the exchange, responses leave in the order of their
 * requests. It stops reading while a message of it waits at its pipeline's gate or its client does not read.
 */
export class InferenceStream<Request extends { readonly id: number }, Response>
  implements CallHandler, CallListener<Slot<Response>>
{
  readonly peer: string;
  private readonly openedMs = performance.now();
  private first: Slot<Response> | undefined;
  private last: Slot<Response> | undefined;
  /** Messages from `first` to `last`. */
  private unanswered = 0;
  private requests = 0;
  private halfClosed = false;
  private finished = false;
  private draining = false;
  /** Further messages of the client are not read. */
  private deaf = false;
  /** What the stream ends with while it drains. */
  private farewell = new InferenceError('DRAINING', 'the server is stopping; connect again');
  private quiet: NodeJS.Timeout | undefined;
  private lastCall: NodeJS.Timeout | undefined;
  private reported = false;
  private readonly cancellation = new AbortController();
  private readonly context: CallContext & { readonly stream: string };
  private readonly exchanging: ExchangeCall<Request, Response, Slot<Response>>;
  private readonly sender: ResponseSender<Response>;
  /** A message has been asked for and has not arrived. */
  private reading = false;
  private pumping = false;

  /** @param onEnd called once, when the stream is over and nothing of it is in flight */
  constructor(
    private readonly call: ServerInterceptingCallInterface,
    private readonly conversion: StreamConversion<Request, Response>,
    private readonly options: StreamOptions,
    unread: UnreadPool,
    private readonly log: Logger,
    private readonly onEnd: () => void,
  ) {
    const { remoteAddress, remotePort } = call.getConnectionInfo();
    this.peer = peerOf(remoteAddress, remotePort);
    const deadline = call.getDeadline();
    const deadlineMs = deadline instanceof Date ? deadline.getTime() : deadline;
    const { signal } = this.cancellation;
    // Each request that waits somewhere listens to it: there may be many.
    setMaxListeners(0, signal);
    const { exchange, served } = options;
    this.context = { ...options.context, signal, ...(Number.isFinite(deadlineMs) && { deadlineMs }) };
    served.metrics.streams += 1;
    this.exchanging = exchange.open(served, conversion, this.context, this);
    this.sender = new ResponseSender(
      call,
      (response) => conversion.sizeOfResponse(response),
      () => this.readOn(),
      served.answerSize,
      unread,
    );
  }

  begin(): void {
    this.readOn();
  }

  /**
   * Answers what its client has sent, then ends the stream so that the client connects elsewhere. A client that goes on
   * sending is read for `readMs` at most; what it sent after that has no answer when the stream ends.
   */
  drain(readMs: number, farewell = this.farewell): void {
    if (this.finished || this.draining) return;
    this.farewell = farewell;
    this.draining = true;
    this.lastCall = setTimeout(() => this.hangUp(), readMs);
    this.endIfDone();
  }

  /** Ends the stream, whatever is in flight, so that its client connects elsewhere. */
  giveUp(): void {
    if (!this.finished)
      this.endWith(new InferenceError('DRAINING', 'the server stops before it has answered; connect again'));
    this.reportEnd();
  }

  /** Stops reading, answers what has arrived, and ends the stream with `error`. */
  expel(error: InferenceError): void {
    if (this.finished) return;
    this.farewell = error;
    this.hangUp();
  }

  private hangUp(): void {
    this.deaf = true;
    this.endIfDone();
  }

  onMessage(message: unknown): void {
    this.reading = false;
    if (this.finished) return;
    this.take(message as Request);
    this.readOn();
  }

  private take(request: Request): void {
    const { exchange, served } = this.options;
    clearTimeout(this.quiet);
    const arrivedMs = performance.now();
    const slot = new Slot<Response>(
      request.id,
      this.conversion.sizeOf(request),
      arrivedMs,
      exchange.watch(served.name, this.context, request.id, arrivedMs),
    );
    if (this.last === undefined) this.first = slot;
    else this.last.next = slot;
    this.last = slot;
    this.unanswered += 1;
    this.requests += 1;
    this.exchanging.take(slot, request);
  }

  /** The exchange has the answer to a message; called by it. */
  onAnswered(slot: Slot<Response>): void {
    const { id, failure } = slot;
    if (failure !== undefined) slot.response = this.conversion.toErrorResponse(id, failure);
    this.flush();
  }

  /** The exchange has room for a further message; called by it. */
  onRoom(): void {
    this.readOn();
  }

  /** Sends the answers that are next in order. */
  private flush(): void {
    while (this.first?.response !== undefined) {
      const slot = this.first;
      this.first = slot.next;
      this.unanswered -= 1;
      if (this.first === undefined) this.last = undefined;
      if (!this.finished) {
        if (slot.failure !== undefined && this.options.errorMode === 'status') this.endWith(slot.failure);
        else this.sender.send(slot.response as Response);
      }
      // Last: the room that this gives may let in the next message, which may fail at once and be flushed.
      this.exchanging.settle(slot);
    }
    this.endIfDone();
  }

  /** Asks for the next message, unless the stream has to wait. A message that is there already arrives before this returns. */
  private readOn(): void {
    if (this.pumping) return;
    this.pumping = true;
    while (this.mayRead && this.exchanging.mayTake) {
      this.reading = true;
      this.call.startRead();
    }
    this.pumping = false;
  }

  private get mayRead(): boolean {
    return !this.reading && !this.finished && !this.deaf && !this.sender.isFull(this.unanswered);
  }

  onHalfClose(): void {
    this.reading = false;
    this.halfClosed = true;
    this.endIfDone();
  }

  onCancel(): void {
    this.sender.close();
    if (this.finished) return;
    this.finish();
    const { deadlineMs = Infinity } = this.context;
    this.abandon(deadlineMs - Date.now() <= DEADLINE_SLACK_MS);
    this.logEnd(status.CANCELLED);
    this.reportEnd();
  }

  /** Takes what waits out of the queues: nobody will read its answers. */
  private abandon(late: boolean): void {
    const reason = late ? deadlinePassed() : cancelled();
    this.cancellation.abort(reason);
    this.exchanging.abandon(reason);
  }

  private endIfDone(): void {
    if (this.first === undefined && !this.finished) {
      if (this.halfClosed) {
        this.finish();
        this.sendStatus(status.OK, 'OK');
      } else if (this.deaf) {
        this.endDrained();
      } else if (this.draining) {
        clearTimeout(this.quiet);
        this.quiet = setTimeout(() => this.endDrained(), QUIET_MS);
      }
    }
    this.reportEnd();
  }

  private endDrained(): void {
    if (!this.finished) this.endWith(this.farewell);
    this.reportEnd();
  }

  private reportEnd(): void {
    if (!this.finished || this.first !== undefined || this.reported) return;
    this.reported = true;
    this.onEnd();
  }

  private endWith(error: InferenceError): void {
    this.finish();
    const { code, details } = toStatus(error);
    this.sendStatus(code, details);
    this.abandon(false);
  }

  private sendStatus(code: status, details: string): void {
    this.call.sendStatus({ code, details, metadata: this.trailers() });
    this.logEnd(code, details);
  }

  /** The stream's id, which its client may ask the operator about, and the timings if the client asked for them. */
  private trailers(): Metadata {
    const { stream, timings } = this.context;
    const trailers = new Metadata();
    trailers.set('x-request-id', stream);
    if (timings !== undefined) trailers.set('x-step-timings', toHeaderText(timings.summary()));
    return trailers;
  }

  private logEnd(code: status, details?: string): void {
    if (!this.log.isLevelEnabled('debug')) return;
    const { requests, options, context } = this;
    const ms = Math.round(performance.now() - this.openedMs);
    const reason = code === status.OK ? undefined : details;
    const names = { pipeline: options.served.name, stream: context.stream };
    this.log.debug({ ...names, status: status[code], requests, ms, reason }, 'stream ended');
  }

  private finish(): void {
    this.finished = true;
    clearTimeout(this.quiet);
    clearTimeout(this.lastCall);
    this.exchanging.close();
    this.options.served.metrics.streams -= 1;
  }
}

/** JSON in ASCII, as headers are; a step's label may hold other characters. */
function toHeaderText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
