import { Metadata, status } from '@grpc/grpc-js';
import { InferenceError } from '../../errors';
import { type Logger } from '../../../contracts/program/logger';
import { type SparingLog } from '../../observability/sparing-log';
import { type StepTimings } from '../../observability/step-timings';
import { type StreamTrace } from '../../observability/tracing/stream-trace';
import { MessageWatch } from './message-watch';

interface Observers {
  /** Set when the client asked for them. */
  readonly timings: StepTimings | undefined;
  /** Set when messages of the stream may be sampled. */
  readonly trace: StreamTrace | undefined;
  readonly slow: SparingLog;
  readonly slowRequestMs: number;
}

/** What names a stream in every log line about it. */
export interface StreamFields {
  readonly pipeline: string;
  readonly stream: string;
}

/** Who a stream is and who is told of it: its name in logs, its client's timings, its traces. */
export class StreamContext {
  private readonly openedMs = performance.now();
  private requests = 0;

  constructor(
    readonly fields: StreamFields,
    private readonly log: Logger,
    private readonly observers: Observers,
  ) {}

  /** A message has come; `undefined` when nobody wants to know more of it than the metrics. */
  watch(request: number, arrivedMs: number): MessageWatch | undefined {
    this.requests += 1;
    const { timings, trace } = this.observers;
    if (timings === undefined && trace === undefined) return undefined;
    const message = trace?.message(request, arrivedMs);
    return timings === undefined && message === undefined ? undefined : new MessageWatch(timings, message);
  }

  /** A message is answered. */
  answered(
    request: number,
    arrivedMs: number,
    answeredMs: number,
    failure: InferenceError | undefined,
    watch: MessageWatch | undefined,
  ): void {
    watch?.answered(arrivedMs, answeredMs, failure);
    const { slow, slowRequestMs } = this.observers;
    if (answeredMs - arrivedMs <= slowRequestMs) return;
    const ms = Math.round((answeredMs - arrivedMs) * 1000) / 1000;
    slow.say({ ...this.fields, request, ms, outcome: failure?.kind.toLowerCase() ?? 'ok' });
  }

  /** What a client is told of `error`; what it is not told is logged. */
  explain(error: unknown, request: number): InferenceError {
    const fields = { ...this.fields, request };
    if (!(error instanceof InferenceError)) {
      this.log.error({ ...fields, error }, 'request failed');
      return new InferenceError('INTERNAL', 'internal error', { cause: error });
    }
    if (error.kind === 'INTERNAL') {
      this.log.warn({ ...fields, step: error.step, error }, 'request failed');
    } else if (this.log.isLevelEnabled('debug')) {
      const { code, step, message } = error;
      this.log.debug({ ...fields, code, step, reason: message }, 'request refused');
    }
    return error;
  }

  /** What goes with the status: the stream's id, for whoever asks about it, and the timings. */
  trailers(): Metadata {
    const trailers = new Metadata();
    trailers.set('x-request-id', this.fields.stream);
    const { timings } = this.observers;
    if (timings !== undefined) trailers.set('x-step-timings', toHeaderText(timings.summary()));
    return trailers;
  }

  /** The stream is over; without a status its client has given up. */
  ended(code: status = status.CANCELLED, details?: string): void {
    if (!this.log.isLevelEnabled('debug')) return;
    const { requests } = this;
    const ms = Math.round(performance.now() - this.openedMs);
    const reason = code === status.OK ? undefined : details;
    this.log.debug({ ...this.fields, status: status[code], requests, ms, reason }, 'stream ended');
  }
}

/** JSON in ASCII, as headers are; a step's label may hold other characters. */
function toHeaderText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
