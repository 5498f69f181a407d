import {
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Attributes,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { MessageTrace } from './message-trace';
import { parseTraceParent } from './trace-parent';

/** What the spans of a stream have in common. */
export interface TracedStream {
  readonly traceParent: string | undefined;
  readonly traceState: string | undefined;
  readonly pipeline: string;
  readonly stream: string;
  /** gRPC service, e.g. `extended_inference.ExtendedInferenceService`. */
  readonly service: string;
}

/** Begins the spans of one stream's messages: below the caller's span where the stream has one, else a trace for each. */
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

  /** `undefined` when nothing of the stream is to be traced: its caller's span is not. */
  static open(tracer: Tracer, stream: TracedStream): StreamTrace | undefined {
    const caller = parseTraceParent(stream.traceParent, stream.traceState);
    const parent = caller === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, caller);
    const opened = new StreamTrace(tracer, parent, stream);
    // Below a span of the caller's every message is sampled or none: asked once, here.
    if (caller !== undefined && !tracer.startSpan(opened.name, {}, parent).isRecording()) return undefined;
    return opened;
  }

  /** `undefined` when the message is not sampled. */
  message(request: string | number, arrivedMs: number): MessageTrace | undefined {
    // Monotonic time and the clock drift apart over days: they are compared anew for each message.
    const epochMs = Date.now() - performance.now();
    const options = { kind: SpanKind.SERVER, startTime: epochMs + arrivedMs };
    const span = this.tracer.startSpan(this.name, options, this.parent);
    // Most spans may not be sampled: what only those have that are comes after that is known.
    if (!span.isRecording()) return undefined;
    span.setAttributes({ ...this.attributes, 'mis.request.id': request });
    return new MessageTrace(this.tracer, span, this.parent, epochMs);
  }
}
