import { type Client, type Metadata } from '@grpc/grpc-js';
import { type Tensor } from '../tensor/tensor';
import { type Outcome } from './answer';
import { CallError, InputError } from './errors';
import { type CallMetadata } from './call-metadata';
import { type CompiledClientOptions } from './client-options';
import { Fifo } from './fifo';
import { PredictCall } from './predict-call';
import { type ServiceClient } from './service-client';
import { readTimings, type StepTimings } from './stream-timings';

const MAX_ID = 0x7fff_ffff;

interface Pending {
  readonly id: number;
  readonly message: unknown;
  readonly settle: (outcome: Outcome) => void;
  /** Whether its bytes were sent. */
  flushed: boolean;
  /** Whether its caller gave up. */
  abandoned: boolean;
}

export interface SubmittedRequest {
  /** Approximate size. */
  readonly bytes: number;
  /** Gives up on its answer: a request that was not sent yet is not sent. */
  abandon(): void;
}

/**
 * Sends requests and delivers answers in order, over successive calls: when a connection is lost, requests that were not sent
 * go over the next call. Those that may have been sent are answered with a CallError, or sent again with `resend`.
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

  /** @param onEnd called once: with the error that ended the stream, or without one when all is answered after `end` */
  constructor(
    private readonly channel: Client,
    private readonly service: ServiceClient,
    private readonly metadata: CallMetadata,
    private readonly options: CompiledClientOptions,
    private readonly deadlineMs: number | undefined,
    private readonly onEnd: (error: CallError | undefined) => void,
    /** Called with the timings that came with the status of each call. */
    private readonly onTimings?: (timings: StepTimings) => void,
  ) {}

  /**
   * Takes a request; `settle` is called once, with its answer or with the error that ended the stream.
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

  /** Ends the stream; all open requests get `error`. */
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
      // Later, so that `submit` has returned its request to the caller first.
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
    // Every request is answered: the status is awaited only for its timings.
    if (this.onTimings === undefined || this.call === undefined) this.close();
  }

  private close(): void {
    this.over = true;
    this.onEnd(undefined);
  }

  /** Handles the end of a call: with an error, or with OK although requests may be open. */
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

  /** Requeues the requests to send over the next call, in order; returns those that may have reached the server. */
  private takeBackUnsent(): Pending[] {
    const sent = this.sent.drain();
    // grpc-js writes messages one by one: the first that was not flushed may have been sent in part.
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

/**
 * Delay before attempt number `attempt` (from 1): doubled each time up to `maxDelayMs`, and shortened at random by up to
 * half, so that the clients of a server that came back do not all connect at once.
 */
export function backoffDelayMs(
  attempt: number,
  { initialDelayMs, maxDelayMs }: Pick<CompiledClientOptions['reconnect'], 'initialDelayMs' | 'maxDelayMs'>,
  random: () => number = Math.random,
): number {
  const full = Math.min(maxDelayMs, initialDelayMs * 2 ** (attempt - 1));
  return full * (0.5 + random() / 2);
}
