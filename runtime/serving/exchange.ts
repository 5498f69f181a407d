import { type Logger } from '../../contracts/program/logger';
import { InferenceError } from '../errors';
import { cancelled, deadlinePassed } from '../inferencer/request-queue';
import { SparingLog } from '../observability/sparing-log';
import { SYSTEM_CLOCK } from '../scheduling/clock';
import {
  ExchangeCall,
  Exchanged,
  RequestWatch,
  type CallListener,
  type Conversion,
  type RequestLog,
} from './exchange-call';
import { ExchangeObservers, type ExchangeObserver } from './exchange-observer';
import { type CallContext, type RequestContext, type RequestId } from './request-context';
import { type ServedPipeline } from './served-pipeline';

/**
 * What every front door hands its requests to: admission, the version that serves, the pipeline, metrics, log and trace.
 * Unary doors call `answer`; doors of streams `open` a call, which keeps a stream's requests from being read while one
 * waits. It knows nothing of any transport.
 */
export class Exchange implements RequestLog {
  private readonly slow: SparingLog;
  private readonly observers: ExchangeObservers;

  constructor(
    private readonly log: Logger,
    /** A request that takes longer is logged, in milliseconds. */
    private readonly slowRequestMs = Infinity,
  ) {
    this.slow = new SparingLog((fields) => log.warn(fields, 'slow request'));
    const failures = new SparingLog((fields) => log.error(fields, 'an observer of requests failed'));
    this.observers = new ExchangeObservers((error) => failures.say({ error }));
  }

  /** Has `observer` see requests with their tensors; returns what ends that. */
  observe(observer: ExchangeObserver): () => void {
    return this.observers.add(observer);
  }

  /**
   * The answer to one request, which waits at the pipeline's gate if it has to.
   * @throws InferenceError (as a rejection) that is meant for the client; CANCELLED or the signal's reason when `signal`
   *   aborts before the model runs.
   */
  answer<Message, Response>(
    served: ServedPipeline,
    conversion: Conversion<Message, Response>,
    message: Message,
    context: RequestContext,
  ): Promise<Response> {
    const { id, signal, deadlineMs = Infinity } = context;
    return new Promise((resolve, reject) => {
      let disarm: (() => void) | undefined;
      const giveUp = (reason: InferenceError): void => {
        call.close();
        call.abandon(reason);
      };
      const onAbort = (): void =>
        giveUp(signal?.reason instanceof InferenceError ? signal.reason : cancelled());
      const call = this.open<Message, Response, Exchanged<Response>>(served, conversion, context, {
        onAnswered: (request) => {
          disarm?.();
          signal?.removeEventListener('abort', onAbort);
          call.settle(request);
          if (request.failure === undefined) resolve(request.response as Response);
          else reject(request.failure);
        },
        onRoom: () => undefined,
      });
      const arrivedMs = performance.now();
      const watch = this.watch(served.name, context, id, arrivedMs);
      call.take(new Exchanged<Response>(id, conversion.sizeOf(message), arrivedMs, watch), message);
      if (!call.isWaiting) return;
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      if (deadlineMs !== Infinity) {
        disarm = SYSTEM_CLOCK.after(deadlineMs - Date.now(), () => giveUp(deadlinePassed()));
      }
    });
  }

  /** Begins a call of several requests; `close` follows. */
  open<Message, Response, Request extends Exchanged<Response>>(
    served: ServedPipeline,
    conversion: Conversion<Message, Response>,
    context: CallContext,
    listener: CallListener<Request>,
  ): ExchangeCall<Message, Response, Request> {
    return new ExchangeCall(served, conversion, context, this, listener);
  }

  /** To be called when a request arrives; `undefined` when the metrics are all that anybody wants to know of it. */
  watch(
    pipeline: string,
    { timings, trace, stream, caller }: CallContext,
    id: RequestId,
    arrivedMs: number,
  ): RequestWatch | undefined {
    if (timings === undefined && trace === undefined && this.observers.size === 0) return undefined;
    const message = trace?.message(id, arrivedMs);
    const observation =
      this.observers.size === 0
        ? undefined
        : this.observers.begin({
            pipeline,
            id,
            arrivedMs,
            ...(stream !== undefined && { stream }),
            ...(caller !== undefined && { caller }),
          });
    if (timings === undefined && message === undefined && observation === undefined) return undefined;
    return new RequestWatch(timings, message, observation);
  }

  explain(error: unknown, pipeline: string, stream: string | undefined, request: RequestId): InferenceError {
    if (!(error instanceof InferenceError)) {
      this.log.error({ pipeline, stream, request, error }, 'request failed');
      return new InferenceError('INTERNAL', 'internal error', { cause: error });
    }
    const { kind, code, step, message } = error;
    if (kind === 'INTERNAL') {
      this.log.warn({ pipeline, stream, request, step, error }, 'request failed');
    } else if (this.log.isLevelEnabled('debug')) {
      this.log.debug({ pipeline, stream, request, code, step, reason: message }, 'request refused');
    }
    return error;
  }

  settled(
    { id: request, arrivedMs, failure }: Exchanged<unknown>,
    answeredMs: number,
    pipeline: string,
    stream: string | undefined,
  ): void {
    if (answeredMs - arrivedMs <= this.slowRequestMs) return;
    const ms = Math.round((answeredMs - arrivedMs) * 1000) / 1000;
    this.slow.say({ pipeline, stream, request, ms, outcome: failure?.kind.toLowerCase() ?? 'ok' });
  }
}
