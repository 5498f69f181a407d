import { SpanKind, SpanStatusCode, trace, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { type InferenceError } from '../../errors';
import { type PredictTimes, type RequestTimeline } from '../request-timeline';

/** The span of one message, with a child span for each part of the pipeline. */
export class MessageTrace implements RequestTimeline {
  private readonly context: Context;

  /** @param epochMs added to monotonic milliseconds, gives milliseconds since 1970 */
  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
    parent: Context,
    private readonly epochMs: number,
  ) {
    this.context = trace.setSpan(parent, span);
  }

  step(label: string, startedMs: number, endedMs: number): void {
    const span = this.tracer.startSpan(
      label,
      { kind: SpanKind.INTERNAL, startTime: this.epochMs + startedMs },
      this.context,
    );
    span.end(this.epochMs + endedMs);
  }

  predicted(times: PredictTimes, stepLabels: readonly string[], stepsBefore: number): void {
    const { startedMs, queueMs, modelMs, batchRequests, batchRows, stepMs = [] } = times;
    this.span.setAttribute('mis.batch.requests', batchRequests);
    this.span.setAttribute('mis.batch.rows', batchRows);
    this.step('queue', startedMs - queueMs, startedMs);
    // Of the steps in the model's thread only durations are known; start times follow from the order.
    let cursor = startedMs;
    const part = (label: string, ms: number): void => this.step(label, cursor, (cursor += ms));
    const steps = stepMs.map((ms, index) => [stepLabels[index], ms] as const);
    for (const [label, ms] of steps.slice(0, stepsBefore)) part(label, ms);
    part('model', modelMs);
    for (const [label, ms] of steps.slice(stepsBefore)) part(label, ms);
  }

  /** The message was answered. */
  end(endedMs: number, failure: InferenceError | undefined): void {
    this.span.setAttribute('mis.outcome', failure?.kind.toLowerCase() ?? 'ok');
    if (failure !== undefined) {
      this.span.setAttribute('error.type', failure.code);
      this.span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
    }
    this.span.end(this.epochMs + endedMs);
  }
}
