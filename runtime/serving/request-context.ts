import { randomBytes } from 'node:crypto';
import { InferenceError } from '../errors';
import { StepTimings } from '../observability/step-timings';
import { type StreamTrace } from '../observability/tracing/stream-trace';
import { type Tracing } from '../observability/tracing/tracing';
import { PRIORITIES, type Priority } from '../scheduling/priority';
import { quoteName } from '../tensor/quote-name';

/** A request's id, as its transport has it; it is echoed and goes into logs and traces. */
export type RequestId = string | number;

/** What the requests of one call have in common: one request of a unary call, all those of a stream. */
export interface CallContext {
  /** The stream's own id in logs, traces and trailers; a unary call has the id of its request only. */
  readonly stream?: string;
  /** Name of the caller, where tokens are required. */
  readonly caller?: string;
  readonly priority: Priority;
  /** Epoch milliseconds after which nobody waits for an answer. */
  readonly deadlineMs?: number;
  /** Aborts when nobody waits for an answer; an InferenceError as its reason becomes the request's error. */
  readonly signal?: AbortSignal;
  /** Set when requests may be sampled. */
  readonly trace?: StreamTrace;
  /** Set when the client asked for them. */
  readonly timings?: StepTimings;
}

/** Everything that a transport says of one request, beside its message. */
export interface RequestContext extends CallContext {
  readonly id: RequestId;
}

/** The first value of a header or of a metadata key, as text. Names are in lower case. */
export type ReadHeader = (name: string) => string | undefined;

/** Names that a client may give to its call: they go into logs, traces and trailers. */
const WELL_FORMED = /^[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,127}$/;
const RANDOM_ID_BYTES = 8;

/** What a call is for, as its door knows it. */
interface OpenedCall {
  readonly pipeline: string;
  /** The service's name on the wire, e.g. `extended_inference.ExtendedInferenceService`. */
  readonly service: string;
  readonly caller?: string;
  readonly tracing?: Tracing;
}

/**
 * What the headers of every transport say: `x-request-id` (default: a random id), `x-priority` (default `normal`),
 * `x-timings` (default `off`), `traceparent` and `tracestate`.
 * @throws InferenceError MALFORMED_MESSAGE naming what is allowed.
 */
export function readContext(
  header: ReadHeader,
  { pipeline, service, caller, tracing }: OpenedCall,
): CallContext & { readonly stream: string } {
  const priority = oneOf(header, 'x-priority', PRIORITIES) ?? 'normal';
  const timings = oneOf(header, 'x-timings', ['trailers', 'off']) === 'trailers';
  const sent = header('x-request-id');
  const stream =
    sent !== undefined && WELL_FORMED.test(sent) ? sent : randomBytes(RANDOM_ID_BYTES).toString('hex');
  const trace = tracing?.stream({
    traceParent: header('traceparent'),
    traceState: header('tracestate'),
    pipeline,
    stream,
    service,
  });
  return {
    stream,
    priority,
    ...(caller !== undefined && { caller }),
    ...(timings && { timings: new StepTimings() }),
    ...(trace !== undefined && { trace }),
  };
}

/**
 * The value of a header that allows a few.
 * @throws InferenceError MALFORMED_MESSAGE naming them.
 */
export function oneOf<T extends string>(
  header: ReadHeader,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = header(name);
  if (value === undefined || (allowed as readonly string[]).includes(value)) return value as T | undefined;
  const names = allowed.map((text) => `'${text}'`).join(' or ');
  throw new InferenceError('MALFORMED_MESSAGE', `${name} must be ${names}, got ${quoteName(value)}`);
}
