import {
  ROOT_CONTEXT,
  SpanKind,
  createTraceState,
  isSpanContextValid,
  trace,
  type Attributes,
  type Context,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { MessageTrace } from './message-trace';

/** Version, trace id, span id, flags; later versions may append more. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const LONGEST_TRACE_STATE = 512;

/** What all spans of a stream share. */
export interface TracedStream {
  readonly traceParent: string | undefined;
  readonly traceState: string | undefined;
  readonly pipeline: string;
  readonly stream: string;
  /** gRPC service, e.g. `extended_inference.ExtendedInferenceService`. */
  readonly service: string;
}

/** Starts the spans of one stream's messages: children of the caller's span if there is one, else a trace per message. */
export class StreamTrace {
  private readonly name: string;
  private readonly attributes: Attributes;

  private constructor(
    private readonly tracer: Tracer,
    private readonly parent: Context,
    { pipeline, stream, service }: TracedStream,
  ) {
    this.name = `predict ${pipeline}`;
    this.attributes = {
      'rpc.system': 'grpc',
      'rpc.service': service,
      'rpc.method': 'predict',
      'mis.pipeline': pipeline,
      'mis.stream.id': stream,
    };
  }

  /** `undefined` if the caller's span is not sampled: then no message is. */
  static open(tracer: Tracer, stream: TracedStream): StreamTrace | undefined {
    const caller = parseTraceParent(stream.traceParent, stream.traceState);
    const parent = caller === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, caller);
    const opened = new StreamTrace(tracer, parent, stream);
    // Under a caller's span all messages are sampled or none, so the sampler is asked once.
    if (caller !== undefined && !tracer.startSpan(opened.name, {}, parent).isRecording()) return undefined;
    return opened;
  }

  /** `undefined` when the message is not sampled. */
  message(request: string | number, arrivedMs: number): MessageTrace | undefined {
    // Monotonic time and the system clock drift apart over days, so they are compared for each message.
    const epochMs = Date.now() - performance.now();
    const options = { kind: SpanKind.SERVER, startTime: epochMs + arrivedMs };
    const span = this.tracer.startSpan(this.name, options, this.parent);
    // Most spans may not be sampled: attributes are set only on those that are.
    if (!span.isRecording()) return undefined;
    span.setAttributes({ ...this.attributes, 'mis.request.id': request });
    return new MessageTrace(this.tracer, span, this.parent, epochMs);
  }
}

/**
 * The caller's span from `traceparent` and `tracestate`; `undefined` if it is absent or malformed.
 * @see https://www.w3.org/TR/trace-context/
 */
function parseTraceParent(
  traceParent: string | undefined,
  traceState: string | undefined,
): SpanContext | undefined {
  const match = TRACE_PARENT.exec(traceParent ?? '');
  if (match === null) return undefined;
  const [, traceId, spanId, flags] = match;
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(traceState !== undefined &&
      traceState.length <= LONGEST_TRACE_STATE && { traceState: createTraceState(traceState) }),
  };
  return isSpanContextValid(context) ? context : undefined;
}
