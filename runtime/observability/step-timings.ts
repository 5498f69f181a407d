import { type PredictTimes, type RequestTimeline } from './request-timeline';

/** Time of one part of the pipeline over several requests, in milliseconds. */
export interface StepTiming {
  readonly count: number;
  readonly meanMs: number;
  readonly maxMs: number;
}

interface Sum {
  count: number;
  totalMs: number;
  maxMs: number;
}

/** Sums up where the requests of one stream spend their time: `total`, `queue`, `model`, and each step by its label. */
export class StepTimings implements RequestTimeline {
  private readonly sums = new Map<string, Sum>([['total', newSum()]]);

  step(label: string, startedMs: number, endedMs: number): void {
    this.add(label, endedMs - startedMs);
  }

  predicted({ queueMs, modelMs, stepMs }: PredictTimes, stepLabels: readonly string[]): void {
    this.add('queue', queueMs);
    this.add('model', modelMs);
    stepMs?.forEach((ms, index) => this.add(stepLabels[index], ms));
  }

  /** A request was answered `ms` after it arrived. */
  answered(ms: number): void {
    this.add('total', ms);
  }

  /** The timings, to the microsecond; parts that never ran are absent, except `total`. */
  summary(): Record<string, StepTiming> {
    const entries = [...this.sums].map(([label, { count, totalMs, maxMs }]) => [
      label,
      { count, meanMs: round(count === 0 ? 0 : totalMs / count), maxMs: round(maxMs) },
    ]);
    return Object.fromEntries(entries) as Record<string, StepTiming>;
  }

  private add(label: string, ms: number): void {
    let sum = this.sums.get(label);
    if (sum === undefined) this.sums.set(label, (sum = newSum()));
    sum.count += 1;
    sum.totalMs += ms;
    if (ms > sum.maxMs) sum.maxMs = ms;
  }
}

function newSum(): Sum {
  return { count: 0, totalMs: 0, maxMs: 0 };
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
