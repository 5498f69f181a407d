import { setMaxListeners } from 'node:events';
import { status, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { InferenceError } from '../../errors';
import { cancelled, deadlinePassed } from '../../inferencer/request-queue';
import { GatePlace } from '../../pipeline/admission-gate';
import { FlowTurn } from '../../scheduling/fair-line';
import { type AnswerOptions } from '../../pipeline/pipeline';
import { type Priority } from '../../scheduling/priority';
import { type ServedPipeline } from '../../serving/served-pipeline';
import { peerOf } from '../connections/connection';
import { type CallHandler } from '../calls/direct-call';
import { toStatus } from '../calls/error-status';
import { type MessageWatch } from './message-watch';
import { ResponseSender } from './response-sender';
import { type ServiceAdapter } from './service-adapter';
import { UndecodableRequest, type DecodedRequest } from './decoded-request';
import { type StreamContext } from './stream-context';
import { type UnreadPool } from './unread-pool';

/** How a failed request is answered: in its place on the stream, or by ending the stream. */
export type ErrorMode = 'in-band' | 'status';

/** A stream that drains ends when nothing has come from its client for this long, in milliseconds. */
const QUIET_MS = 20;

/** The client's own deadline passes earlier, by as long as its headers took; it then cancels the stream. In milliseconds. */
const DEADLINE_SLACK_MS = 25;

/** A message between its arrival and its answer, in the order of the stream. */
interface Slot<Response> {
  readonly id: number;
  readonly byteLength: number;
  readonly arrivedMs: number;
  /** Whether it takes room of the gate. */
  admitted: boolean;
  readonly watch: MessageWatch | undefined;
  response: Response | undefined;
  failure: InferenceError | undefined;
  next: Slot<Response> | undefined;
}

/** What the metadata of a stream says of it. */
export interface StreamOptions {
  readonly errorMode: ErrorMode;
  readonly priority: Priority;
}

/**
 * One bidirectional stream: requests are answered concurrently, responses leave in the order of their requests.
 * It stops reading while a message of it waits at its pipeline's gate or its client does not read, and ends by itself.
 */
export class InferenceStream<Request extends { readonly id: number }, Response> implements CallHandler {
  readonly peer: string;
  private first: Slot<Response> | undefined;
  private last: Slot<Response> | undefined;
  /** Messages from `first` to `last`. */
  private unanswered = 0;
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
  private readonly place: GatePlace;
  /** The message that waits at the gate. */
  private waiting: { readonly slot: Slot<Response>; readonly request: DecodedRequest<Request> } | undefined;

  /** @param onEnd called once, when the stream is over and nothing of it is in flight */
  constructor(
    private readonly call: ServerInterceptingCallInterface,
    private readonly adapter: ServiceAdapter<Request, Response>,
    private readonly served: ServedPipeline,
    private readonly streamOptions: StreamOptions,
    private readonly context: StreamContext,
    unread: UnreadPool,
    private readonly onEnd: () => void,
  ) {
    const { remoteAddress, remotePort } = call.getConnectionInfo();
    this.peer = peerOf(remoteAddress, remotePort);
    const deadline = call.getDeadline();
    const deadlineMs = deadline instanceof Date ? deadline.getTime() : deadline;
    this.options = {
      leniency: adapter.leniency,
      signal: this.cancellation.signal,
      priority: streamOptions.priority,
      turn: new FlowTurn(),
      memoryTurn: new FlowTurn(),
      ...(Number.isFinite(deadlineMs) ? { deadlineMs } : {}),
    };
    // Each request that waits somewhere listens to it: there may be many.
    setMaxListeners(0, this.cancellation.signal);
    served.metrics.streams += 1;
    this.place = new GatePlace(
      streamOptions.priority,
      () => this.endWait(),
      (error) => this.endWait(error),
      this.resume,
    );
    this.sender = new ResponseSender(
      call,
      (response) => adapter.sizeOfResponse(response),
      this.resume,
      served.answerSize,
      unread,
    );
  }

  begin(): void {
    this.readOn();
  }

  /**
   * Answers what its client has sent, then ends the stream so that the client turns elsewhere. A client that goes on
   * sending is read for `readMs` at most; what it sent after that has no answer when the stream ends.
   */
  drain(readMs: number, farewell = this.farewell): void {
    if (this.finished || this.draining) return;
    this.farewell = farewell;
    this.draining = true;
    this.lastCall = setTimeout(() => this.hangUp(), readMs);
    this.endIfDone();
  }

  /** Ends the stream, whatever is in flight, so that its client turns elsewhere. */
  giveUp(): void {
    if (!this.finished)
      this.endWith(new InferenceError('DRAINING', 'the server stops before it has answered; connect again'));
    this.reportEnd();
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
      admitted: false,
      watch: this.context.watch(request.id, arrivedMs),
      response: undefined,
      failure: undefined,
      next: undefined,
    };
    if (this.last === undefined) this.first = slot;
    else this.last.next = slot;
    this.last = slot;
    this.unanswered += 1;
    metrics.arrived();
    const verdict = gate.arrive(this.place, slot.byteLength);
    if (verdict === 'admitted') this.enter(slot, request);
    else if (verdict === 'waiting') this.waiting = { slot, request };
    else this.fail(slot, verdict);
  }

  private enter(slot: Slot<Response>, request: DecodedRequest<Request>): void {
    slot.admitted = true;
    void this.answer(slot, request);
  }

  /** What becomes of the message that waited: it is let in, or fails. */
  private endWait(failure?: InferenceError): void {
    const { waiting } = this;
    if (waiting === undefined) return;
    this.waiting = undefined;
    const { slot, request } = waiting;
    if (failure === undefined) {
      slot.watch?.step('admission', slot.arrivedMs, performance.now());
      this.enter(slot, request);
    } else this.fail(slot, failure);
    this.readOn();
  }

  private fail(slot: Slot<Response>, failure: InferenceError): void {
    slot.failure = this.context.explain(failure, slot.id);
    slot.response = this.adapter.toErrorResponse(slot.id, failure);
    this.flush();
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
      this.unanswered -= 1;
      if (this.first === undefined) this.last = undefined;
      if (!this.finished) {
        if (slot.failure !== undefined && this.streamOptions.errorMode === 'status')
          this.endWith(slot.failure);
        else this.sender.send(slot.response as Response);
      }
      // Last, as the room that this gives may bring the next message, which may fail at once and be flushed.
      this.settle(slot);
    }
    this.endIfDone();
  }

  private settle({ id, arrivedMs, byteLength, admitted, failure, watch }: Slot<Response>): void {
    const { metrics } = this.served;
    const answeredMs = performance.now();
    metrics.answered((answeredMs - arrivedMs) / 1000, failure?.kind);
    if (failure !== undefined) metrics.admission.failed(failure.code);
    this.context.answered(id, arrivedMs, answeredMs, failure, watch);
    if (admitted) this.served.gate.release(byteLength);
  }

  /** Asks for the next message, unless the stream has to wait. A message that lies ready comes before this returns. */
  private readOn(): void {
    if (this.pumping) return;
    this.pumping = true;
    while (this.mayRead && this.served.gate.mayRead(this.place)) {
      this.reading = true;
      this.call.startRead();
    }
    this.pumping = false;
  }

  private get mayRead(): boolean {
    return (
      !this.reading &&
      this.waiting === undefined &&
      !this.finished &&
      !this.deaf &&
      !this.sender.isFull(this.unanswered)
    );
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
    const { deadlineMs = Infinity } = this.options;
    this.abandon(deadlineMs - Date.now() <= DEADLINE_SLACK_MS);
    this.context.ended();
    this.reportEnd();
  }

  /** Takes what waits out of the queues: nobody will read its answers. */
  private abandon(late: boolean): void {
    const reason = late ? deadlinePassed() : cancelled();
    this.cancellation.abort(reason);
    this.endWait(reason);
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
    this.call.sendStatus({ code, details, metadata: this.context.trailers() });
    this.context.ended(code, details);
  }

  private finish(): void {
    this.finished = true;
    clearTimeout(this.quiet);
    clearTimeout(this.lastCall);
    this.served.gate.leave(this.place);
    this.served.metrics.streams -= 1;
  }
}
