import { type Tensor } from '../tensor/tensor';
import { type Answer } from './answer';
import { CallError } from './errors';
import { type CompiledClientOptions } from './client-options';
import { Fifo } from './fifo';
import { type InputTensor } from './input-tensor';
import { type RequestStream } from './request-stream';

/** The inputs of one request, by name. */
export type Inputs = Readonly<Record<string, InputTensor>>;

/** A source of requests: a list, a generator, a stream of objects. */
export type Requests = Iterable<Inputs> | AsyncIterable<Inputs>;

type Source = Iterator<Inputs, unknown> | AsyncIterator<Inputs, unknown>;

/**
 * Sends requests through a {@link RequestStream} with a limit on those in flight: the source is asked for the next request
 * only while fewer than `maxInFlight` (and `maxInFlightBytes`) are sent and not yet consumed.
 */
export class AnswerStream {
  private readonly answers = new Fifo<Answer>();
  /** Approximate size in bytes of each request in flight, oldest first. */
  private readonly sizes = new Fifo<number>();
  private bytesInFlight = 0;
  private submitted = 0;
  private stream: RequestStream | undefined;
  /** Error of the source; thrown when all earlier requests are answered. */
  private sourceError: { readonly error: unknown } | undefined;
  private failure: { readonly error: unknown } | undefined;
  private complete = false;
  private stopped = false;
  private wakeConsumer: () => void = () => undefined;
  private wakeSource: () => void = () => undefined;

  constructor(
    private readonly options: Pick<CompiledClientOptions, 'maxInFlight' | 'maxInFlightBytes'>,
    private readonly toTensors: (inputs: Inputs) => Readonly<Record<string, Tensor>>,
    private readonly open: (onEnd: (error: CallError | undefined) => void) => RequestStream,
  ) {}

  /** Answers in the order of the requests; throws the error that ended the stream. Leaving it early cancels the call. */
  async *run(requests: Requests, signal?: AbortSignal): AsyncGenerator<Answer, void, undefined> {
    const stream = this.open((error) => this.end(error));
    this.stream = stream;
    const onAbort = (): void => this.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const source = iterate(requests);
    void this.feed(source);
    try {
      for (;;) {
        const answer = this.answers.shift();
        if (answer !== undefined) {
          this.bytesInFlight -= this.sizes.shift() ?? 0;
          this.wakeSource();
          yield answer;
        } else if (this.failure !== undefined) throw this.failure.error;
        else if (this.complete) {
          if (this.sourceError !== undefined) throw this.sourceError.error;
          return;
        } else await new Promise<void>((resolve) => (this.wakeConsumer = resolve));
      }
    } finally {
      this.stopped = true;
      signal?.removeEventListener('abort', onAbort);
      stream.cancel(new CallError('CANCELLED', 'the answers are no longer read'));
      this.wakeSource();
      // Not awaited: a source that waits for data ends only when the data comes.
      void endQuietly(source);
    }
  }

  private async feed(source: Source): Promise<void> {
    try {
      for (;;) {
        while (!this.hasRoom() && !this.stopped) {
          await new Promise<void>((resolve) => (this.wakeSource = resolve));
        }
        if (this.stopped) return;
        const next = await source.next();
        if (this.stopped || this.failure !== undefined) return;
        if (next.done) break;
        this.submit(next.value);
      }
    } catch (error) {
      this.sourceError = { error };
    }
    this.stream?.end();
  }

  private end(error: CallError | undefined): void {
    if (error !== undefined) this.failure ??= { error };
    this.complete = true;
    this.wake();
  }

  /** Throws `reason` at the consumer, which loses the answers that it has not consumed. */
  private abort(reason: unknown): void {
    this.answers.drain();
    this.failure = { error: reason };
    this.stream?.cancel(new CallError('CANCELLED', 'aborted'));
    this.wake();
  }

  private hasRoom(): boolean {
    if (this.sizes.length === 0) return true;
    return this.sizes.length < this.options.maxInFlight && this.bytesInFlight < this.options.maxInFlightBytes;
  }

  private submit(inputs: Inputs): void {
    if (this.stream === undefined) return;
    const index = this.submitted++;
    const { bytes } = this.stream.submit(`request ${index}`, this.toTensors(inputs), (outcome) => {
      if (this.complete) return;
      this.answers.push({ ...outcome, index });
      this.wakeConsumer();
    });
    this.sizes.push(bytes);
    this.bytesInFlight += bytes;
  }

  private wake(): void {
    this.wakeConsumer();
    this.wakeSource();
  }
}

function iterate(requests: Requests): Source {
  return Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
}

async function endQuietly(source: Source): Promise<void> {
  try {
    await source.return?.();
  } catch {
    // The consumer has left: there is nobody to report the error to.
  }
}
