import { type InferenceError } from '../../errors';
import { type PredictTimes } from '../../observability/request-timeline';
import { type StepTimings } from '../../observability/step-timings';
import { type MessageTrace } from '../../observability/tracing/message-trace';
import { type RequestTimeline } from '../../observability/request-timeline';

/** What is told of one message that somebody wants to know about: its client, or whoever reads traces. */
export class MessageWatch implements RequestTimeline {
  constructor(
    private readonly timings: StepTimings | undefined,
    private readonly trace: MessageTrace | undefined,
  ) {}

  step(label: string, startedMs: number, endedMs: number): void {
    this.timings?.step(label, startedMs, endedMs);
    this.trace?.step(label, startedMs, endedMs);
  }

  predicted(times: PredictTimes, stepLabels: readonly string[]): void {
    this.timings?.predicted(times, stepLabels);
    this.trace?.predicted(times, stepLabels);
  }

  answered(arrivedMs: number, answeredMs: number, failure: InferenceError | undefined): void {
    this.timings?.answered(answeredMs - arrivedMs);
    this.trace?.end(answeredMs, failure);
  }
}
