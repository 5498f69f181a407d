import { type Client, type Metadata } from '@grpc/grpc-js';
import { type Tensor } from '../tensor/tensor';
import { type Outcome } from './answer';
import { backoffDelayMs } from './backoff';
import { CallError } from './call-error';
import { type CallMetadata } from './call-metadata';
import { type CompiledClientOptions } from './client-options';
import { Fifo } from './fifo';
import { InputError } from './input-error';
import { PredictCall } from './predict-call';
import { type ServiceClient } from './service-client';
import { readTimings, type StepTimings } from './stream-timings';

const MAX_ID = 0x7fff_ffff;

interface Pending {
  readonly id: number;
  readonly message: unknown;
  readonly settle: (outcome: Outcome) => void;
  /** Its bytes have left. */
  flushed: boolean;
  /** Nobody waits for it any more. */
  abandoned: boolean;
}

/** A request that was taken. */
export interface SubmittedRequest {
  /** About how many bytes it is. */
  readonly bytes: number;
  /** Nobody waits for its answer any more: it is not sent if it has not been. */
  abandon(): void;
}

/**
 * Requests in, answers out, in order, over one call after another: when a connection is lost, the requests that were not
 * sent go over the next call. Those that may have been sent are answered by a CallError, or sent again if so chosen.
 * Owned by an InferenceClient.
 */
export class RequestStream {
  private readonly waiting = new Fifo<Pending>();
  private readonly sent = new Fifo<Pending>();
  private call: PredictCall | undefined;
  private timer: NodeJS.Timeout | undefined;
  private nextId = 1;
  private failures = 0;
  private notBefore = 0;
  private writable = true;
  private ending = false;
  private over = false;

  /** @param onEnd called once: with the error that ended everything, or without when `end` was called and all is answered */
  constructor(
    private readonly channel: Client,
    private readonly service: ServiceClient,
    private readonly metadata: CallMetadata,
    private readonly options: CompiledClientOptions,
    private readonly deadlineMs: number | undefined,
    private readonly onEnd: (error: CallError | undefined) => void,
    /** Told what came with the status of each call. */
    private readonly onTimings?: (timings: StepTimings) => void,
  ) {}

  /**
   * Takes a request; `settle` is called once, with its answer or with the error that ended the stream before.
   * @throws InputError when the service cannot carry the inputs.
   */
  submit(
    name: string,
    inputs: Readonly<Record<string, Tensor>>,
    settle: (outcome: Outcome) => void,
  ): SubmittedRequest {
    const id = this.nextId;
    const message = this.service.toRequest(id, inputs);
    const bytes = this.service.sizeOf(message);
    if (bytes > this.options.maxMessageBytes) {
      throw new InputError(name, `${bytes} bytes; at most ${this.options.maxMessageBytes} are allowed`);
    }
    this.nextId = id === MAX_ID ? 1 : id + 1;
    const pending: Pending = { id, message, settle, flushed: false, abandoned: false };
    this.waiting.push(pending);
    this.sendWaiting();
    return { bytes, abandon: () => (pending.abandoned = true) };
  }

  /** No more requests will come. */
  end(): void {
    this.ending = true;
    this.finishIfDone();
  }

  /** Gives everything up. */
  cancel(error: CallError): void {
    this.fail(error);
  }

  private sendWaiting(): void {
    const { call, waiting, sent } = this;
    if (call === undefined) {
      this.openSoon();
      return;
    }
    while (call.isOpen && this.writable && sent.length < this.options.maxInFlight) {
      const pending = waiting.shift();
      if (pending === undefined) return;
      if (pending.abandoned) continue;
      sent.push(pending);
      this.writable = call.write(pending.message, () => (pending.flushed = true));
    }
  }

  private openSoon(): void {
    if (this.over || this.timer !== undefined) return;
    const untilDeadline = this.deadlineMs === undefined ? Infinity : this.deadlineMs - Date.now();
    const delay = Math.min(this.notBefore - performance.now(), untilDeadline);
    if (delay <= 0) this.open();
    else {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.open();
      }, delay);
    }
  }

  private open(): void {
    let metadata: Metadata;
    try {
      metadata = this.metadata.next();
    } catch (error) {
      // Whoever has just submitted a request is to have it first.
      process.nextTick(() => this.fail(error as CallError));
      return;
    }
    this.writable = true;
    const { connectTimeoutMs } = this.options;
    this.call = new PredictCall(this.channel, this.service, metadata, connectTimeoutMs, this.deadlineMs, {
      opened: () => this.sendWaiting(),
      answered: (response) => this.take(response),
      drained: () => {
        this.writable = true;
        this.sendWaiting();
      },
      ended: (error, trailers) => this.lose(error, trailers),
    });
  }

  private take(response: unknown): void {
    const pending = this.sent.shift();
    const id = this.service.idOf(response);
    if (pending?.id !== id) {
      const due = pending === undefined ? 'no answer was due' : `the answer to request ${pending.id} was due`;
      if (pending) this.waiting.prepend([pending]);
      this.fail(new CallError('INTERNAL', `the server answered request ${id} where ${due}`));
      return;
    }
    this.failures = 0;
    pending.settle(this.service.toOutcome(response));
    this.sendWaiting();
    this.finishIfDone();
  }

  private finishIfDone(): void {
    if (this.over || !this.ending || this.sent.length > 0 || this.waiting.length > 0) return;
    clearTimeout(this.timer);
    this.call?.finish();
    // The status that the server sends now tells nothing more, unless timings come with it: every request is answered.
    if (this.onTimings === undefined || this.call === undefined) this.close();
  }

  private close(): void {
    this.over = true;
    this.onEnd(undefined);
  }

  /** The call is over: with an error, or with OK although requests may be open. */
  private lose(ended: CallError | undefined, trailers: Metadata | undefined): void {
    this.call = undefined;
    if (this.over) return;
    const timings = this.onTimings && trailers && readTimings(trailers);
    if (timings !== undefined) this.onTimings?.(timings);
    const error =
      ended ?? new CallError('UNAVAILABLE', 'the server ended the stream before it had answered all');
    const wasBusy = this.sent.length > 0 || this.waiting.length > 0;
    if (!wasBusy && this.ending) {
      this.close();
      return;
    }
    if (!wasBusy && ended === undefined) return;
    const isRenewed = error.code === 'UNAUTHENTICATED' && this.metadata.hasNewToken();
    if (error.code !== 'UNAVAILABLE' && !isRenewed) {
      this.fail(error);
      return;
    }
    const lost = this.takeBackUnsent();
    if (wasBusy) {
      this.failures += 1;
      this.notBefore = performance.now() + backoffDelayMs(this.failures, this.options.reconnect);
    }
    for (const { settle } of lost) {
      settle({ error: new CallError(error.code, `sent, but not answered: ${error.message}`) });
    }
    if (this.waiting.length > 0) {
      if (this.failures > this.options.reconnect.maxAttempts) this.fail(error);
      else this.openSoon();
    }
    this.finishIfDone();
  }

  /** Puts back what is to be sent over the next call, in its order; returns what may have reached the server. */
  private takeBackUnsent(): Pending[] {
    const sent = this.sent.drain();
    // grpc-js writes one message after another: the first that has not left may have left in part.
    const firstUnsent = sent.findIndex(({ flushed }) => !flushed) + 1;
    const unsentFrom = this.options.reconnect.resend ? 0 : firstUnsent === 0 ? sent.length : firstUnsent;
    const again = sent.slice(unsentFrom);
    for (const pending of again) pending.flushed = false;
    this.waiting.prepend(again);
    return sent.slice(0, unsentFrom);
  }

  private fail(error: CallError): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.call?.cancel();
    this.onEnd(error);
    for (const { settle } of [...this.sent.drain(), ...this.waiting.drain()]) settle({ error });
  }
}
