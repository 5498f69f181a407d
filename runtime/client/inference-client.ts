import { type Client } from '@grpc/grpc-js';
import { type Tensor } from '../tensor/tensor';
import { type Answer, type Outcome, type Outputs } from './answer';
import { AnswerStream, type Inputs, type Requests } from './answer-stream';
import { CallError } from './errors';
import { CallMetadata } from './call-metadata';
import { openChannel } from './channel';
import {
  compileClientOptions,
  MAX_TIMER_MS,
  type CompiledClientOptions,
  type InferenceClientOptions,
} from './client-options';
import { toInputTensor } from './input-tensor';
import { RequestStream } from './request-stream';
import { type StepTimings } from './stream-timings';
import { BASIC_CLIENT, EXTENDED_CLIENT, type ServiceClient } from './service-client';

/** Options of one prediction or one stream. */
export interface CallOptions {
  /** Cancels the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Longest wait for the prediction, or for the whole stream, in milliseconds. @default that of the client */
  readonly timeoutMs?: number;
}

export interface StreamOptions extends CallOptions {
  /**
   * Asks the server to measure where it spends its time. Called once for each connection of the stream, shortly before or
   * after its last answer is consumed. @default no timings
   */
  readonly onTimings?: (timings: StepTimings) => void;
}

/**
 * Calls a pipeline over gRPC. Connects when it is first used, and again when the connection is lost.
 *
 * ```ts
 * const client = new InferenceClient({ address: 'localhost:50051', pipeline: 'fall-detection' });
 * const { prediction } = await client.predict({ array: { dtype: 'int16', shape: [9, 3], data: window } });
 * for await (const { outputs, error } of client.stream(windows)) console.log(error?.message ?? outputs);
 * client.close();
 * ```
 * Close it after use: an open client keeps its process alive.
 */
export class InferenceClient {
  private readonly options: CompiledClientOptions;
  private readonly channel: Client;
  private readonly service: ServiceClient;
  private readonly open = new Set<RequestStream>();
  private shared: RequestStream | undefined;
  private closed = false;

  /** @throws ConfigurationError with everything that is wrong with the options. */
  constructor(options: InferenceClientOptions) {
    this.options = compileClientOptions(options);
    this.channel = openChannel(this.options);
    this.service = (this.options.service === 'basic' ? BASIC_CLIENT : EXTENDED_CLIENT) as ServiceClient;
  }

  /**
   * One prediction: the outputs by name. Concurrent predictions share a stream; one that fails does not affect the others.
   * The Basic service's only output is named `tensor`.
   * @throws InputError when an input is no tensor; nothing was sent.
   * @throws PredictionError when the server answered with an error.
   * @throws CallError when the call failed or its deadline passed.
   */
  async predict(inputs: Inputs, options: CallOptions = {}): Promise<Outputs> {
    options.signal?.throwIfAborted();
    const tensors = toTensors(inputs);
    const timeoutMs = this.timeoutOf(options);
    const { signal } = options;
    let onAbort: (() => void) | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Outputs>((resolve, reject) => {
        const settle = ({ outputs, error }: Outcome): void => {
          if (error === undefined) resolve(outputs);
          else reject(error);
        };
        const stream = this.predictStream();
        const request = stream.submit(Object.keys(inputs).join(', '), tensors, settle);
        if (stream !== this.shared) stream.end();
        const giveUp = (reason: Error): void => {
          request.abandon();
          reject(reason);
        };
        onAbort = () => giveUp(signal?.reason as Error);
        signal?.addEventListener('abort', onAbort, { once: true });
        if (timeoutMs !== undefined) {
          const late = new CallError('DEADLINE_EXCEEDED', `no answer within ${timeoutMs} ms`);
          timer = setTimeout(giveUp, timeoutMs, late);
        }
      });
    } finally {
      clearTimeout(timer);
      if (onAbort) signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Answers to `requests`, in their order, over a separate stream. A request that fails has an answer with its `error`, and
   * the stream continues. The source is read only as fast as answers are consumed (`maxInFlight`). Leaving the loop early
   * cancels the call.
   * @throws CallError when the call failed; InputError, or the source's error, after the answers before it.
   */
  stream(requests: Requests, options: StreamOptions = {}): AsyncGenerator<Answer, void, undefined> {
    options.signal?.throwIfAborted();
    const timeoutMs = this.timeoutOf(options);
    const answers = new AnswerStream(this.options, toTensors, (onEnd) =>
      this.openStream(onEnd, timeoutMs === undefined ? undefined : Date.now() + timeoutMs, options.onTimings),
    );
    return answers.run(requests, options.signal);
  }

  /** Cancels all calls and closes the connection. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const stream of [...this.open]) stream.cancel(closedError());
    this.channel.close();
  }

  private timeoutOf({ timeoutMs = this.options.timeoutMs }: CallOptions): number | undefined {
    if (timeoutMs !== undefined && !(timeoutMs >= 1 && timeoutMs <= MAX_TIMER_MS)) {
      throw new RangeError(`'timeoutMs' must be a number from 1 to ${MAX_TIMER_MS}, got ${timeoutMs}`);
    }
    return timeoutMs;
  }

  /** The stream for single predictions: one for all, unless a failed one would end it. */
  private predictStream(): RequestStream {
    if (this.options.errorMode === 'in-band') {
      return (this.shared ??= this.openStream(() => (this.shared = undefined)));
    }
    return this.openStream(() => undefined);
  }

  private openStream(
    onEnd: (error: CallError | undefined) => void,
    deadlineMs?: number,
    onTimings?: (timings: StepTimings) => void,
  ): RequestStream {
    if (this.closed) throw closedError();
    const stream: RequestStream = new RequestStream(
      this.channel,
      this.service,
      new CallMetadata(this.options, onTimings !== undefined),
      this.options,
      deadlineMs,
      (error) => {
        this.open.delete(stream);
        onEnd(error);
      },
      onTimings,
    );
    this.open.add(stream);
    return stream;
  }
}

function closedError(): CallError {
  return new CallError('CANCELLED', 'the client is closed');
}

function toTensors(inputs: Inputs): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [name, toInputTensor(name, input)]),
  );
}
