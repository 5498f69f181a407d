import { status, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { InferenceError } from '../errors';
import { type AnswerOptions } from '../pipeline/pipeline';
import { type ServedPipeline } from '../serving/served-pipeline';
import { type CallHandler } from './direct-call';
import { toStatus } from './error-status';
import { type MessageWatch } from './message-watch';
import { ResponseSender } from './response-sender';
import { type ServiceAdapter } from './service-adapter';
import { UndecodableRequest, type DecodedRequest } from './service-definitions';
import { type StreamContext } from './stream-context';

/** How a failed request is answered: in its place on the stream, or by ending the stream. */
export type ErrorMode = 'in-band' | 'status';

/** A stream that drains ends when nothing has come from its client for this long, in milliseconds. */
const QUIET_MS = 20;

/** A message between its arrival and its answer, in the order of the stream. */
interface Slot<Response> {
  readonly id: number;
  readonly byteLength: number;
  readonly arrivedMs: number;
  readonly watch: MessageWatch | undefined;
  response: Response | undefined;
  failure: InferenceError | undefined;
  next: Slot<Response> | undefined;
}

/**
 * One bidirectional stream: requests are answered concurrently, responses leave in the order of their requests.
 * It stops reading while its pipeline's gate is closed or its client does not read, and ends by itself.
 */
export class InferenceStream<Request extends { readonly id: number }, Response> implements CallHandler {
  private first: Slot<Response> | undefined;
  private last: Slot<Response> | undefined;
  private halfClosed = false;
  private finished = false;
  private draining = false;
  /** What its client sends now is not read any more. */
  private deaf = false;
  /** What it ends with when it does not end by itself. */
  private farewell = new InferenceError('DRAINING', 'the server is stopping; connect again');
  private quiet: NodeJS.Timeout | undefined;
  private lastCall: NodeJS.Timeout | undefined;
  private reported = false;
  private readonly cancellation = new AbortController();
  private readonly options: AnswerOptions;
  private readonly sender: ResponseSender<Response>;
  /** A message has been asked for and has not come. */
  private reading = false;
  private pumping = false;
  private readonly resume = (): void => this.readOn();

  /** @param onEnd called once, when the stream is over and nothing of it is in flight */
  constructor(
    private readonly call: ServerInterceptingCallInterface,
    private readonly adapter: ServiceAdapter<Request, Response>,
    private readonly served: ServedPipeline,
    private readonly errorMode: ErrorMode,
    private readonly context: StreamContext,
    private readonly onEnd: () => void,
  ) {
    const deadline = call.getDeadline();
    const deadlineMs = deadline instanceof Date ? deadline.getTime() : deadline;
    this.options = {
      leniency: adapter.leniency,
      signal: this.cancellation.signal,
      ...(Number.isFinite(deadlineMs) ? { deadlineMs } : {}),
    };
    served.metrics.streams += 1;
    this.sender = new ResponseSender(call, (response) => adapter.sizeOfResponse(response), this.resume);
  }

  begin(): void {
    this.readOn();
  }

  /**
   * Answers what its client has sent, then ends the stream so that the client turns elsewhere. A client that goes on
   * sending is read for `readMs` at most; what it sent after that has no answer when the stream ends.
   */
  drain(readMs: number): void {
    if (this.finished || this.draining) return;
    this.draining = true;
    this.lastCall = setTimeout(() => this.hangUp(), readMs);
    this.endIfDone();
  }

  /** Reads no more, answers what has come, and ends the stream with `error`. */
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
    this.take(message as DecodedRequest<Request>);
    this.readOn();
  }

  private take(request: DecodedRequest<Request>): void {
    const { gate, metrics } = this.served;
    clearTimeout(this.quiet);
    const arrivedMs = performance.now();
    const slot: Slot<Response> = {
      id: request.id,
      byteLength: request instanceof UndecodableRequest ? 0 : this.adapter.sizeOf(request),
      arrivedMs,
      watch: this.context.watch(request.id, arrivedMs),
      response: undefined,
      failure: undefined,
      next: undefined,
    };
    if (this.last === undefined) this.first = slot;
    else this.last.next = slot;
    this.last = slot;
    gate.admit(slot.byteLength);
    metrics.arrived();
    void this.answer(slot, request);
  }

  private async answer(slot: Slot<Response>, request: DecodedRequest<Request>): Promise<void> {
    const version = this.served.current;
    version.enter();
    try {
      if (request instanceof UndecodableRequest) throw request.error;
      const inputs = this.adapter.toInputs(request, version.pipeline.inputNames);
      const { watch: timeline } = slot;
      const options = timeline === undefined ? this.options : { ...this.options, timeline };
      const outputs = await version.pipeline.answer(inputs, options);
      slot.response = this.adapter.toResponse(slot.id, outputs);
    } catch (error) {
      slot.failure = this.context.explain(error, slot.id);
      slot.response = this.adapter.toErrorResponse(slot.id, slot.failure);
    } finally {
      version.leave();
    }
    this.flush();
  }

  /** Sends the answers that are next in order. */
  private flush(): void {
    while (this.first?.response !== undefined) {
      const slot = this.first;
      this.first = slot.next;
      if (this.first === undefined) this.last = undefined;
      this.settle(slot);
      if (this.finished) continue;
      if (slot.failure !== undefined && this.errorMode === 'status') this.endWith(slot.failure);
      else this.sender.send(slot.response as Response);
    }
    this.endIfDone();
  }

  private settle({ id, arrivedMs, byteLength, failure, watch }: Slot<Response>): void {
    const answeredMs = performance.now();
    this.served.metrics.answered((answeredMs - arrivedMs) / 1000, failure?.kind);
    this.context.answered(id, arrivedMs, answeredMs, failure, watch);
    this.served.gate.release(byteLength);
  }

  /** Asks for the next message, unless the stream has to wait. A message that lies ready comes before this returns. */
  private readOn(): void {
    if (this.pumping) return;
    this.pumping = true;
    while (!this.reading && !this.finished && !this.deaf && !this.sender.isFull) {
      if (!this.served.gate.isOpen) {
        this.served.gate.whenOpen(this.resume);
        break;
      }
      this.reading = true;
      this.call.startRead();
    }
    this.pumping = false;
  }

  onHalfClose(): void {
    this.reading = false;
    this.halfClosed = true;
    this.endIfDone();
  }

  onCancel(): void {
    if (this.finished) return;
    this.cancellation.abort();
    this.finish();
    this.context.ended();
    this.reportEnd();
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
    this.cancellation.abort();
    const { code, details } = toStatus(error);
    this.sendStatus(code, details);
  }

  private sendStatus(code: status, details: string): void {
    this.call.sendStatus({ code, details, metadata: this.context.trailers() });
    this.context.ended(code, details);
  }

  private finish(): void {
    this.finished = true;
    clearTimeout(this.quiet);
    clearTimeout(this.lastCall);
    this.served.gate.forget(this.resume);
    this.served.metrics.streams -= 1;
  }
}
