import { Counter, Gauge, type Registry } from 'prom-client';
import { type ErrorCode } from '../errors';
import { PRIORITIES, type Priority } from '../scheduling/priority';
import { HotHistogram, type HotSeries } from './hot-histogram';
import { RUNTIME_METRICS } from '../../contracts/names/metrics';

const WAIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The metric's reasons for errors before the model ran. */
const REASONS: Readonly<Partial<Record<ErrorCode, string>>> = {
  QUEUE_FULL: 'full',
  WAIT_EXCEEDED: 'wait',
  DEADLINE_PASSED: 'deadline',
  CANCELLED: 'cancelled',
};

/** Admission metrics of all pipelines. */
export class AdmissionMetrics {
  readonly waiting: Gauge;
  readonly rejected: Counter;
  readonly waitSeconds: HotHistogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.waiting = new Gauge({
      name: RUNTIME_METRICS.admissionWaiting.name,
      help: 'Messages that wait to be let in',
      labelNames: RUNTIME_METRICS.admissionWaiting.labels,
      registers,
    });
    this.rejected = new Counter({
      name: RUNTIME_METRICS.rejected.name,
      help: 'Messages that were given up before the model ran, by reason',
      labelNames: RUNTIME_METRICS.rejected.labels,
      registers,
    });
    this.waitSeconds = new HotHistogram(registry, {
      name: RUNTIME_METRICS.admissionWaitSeconds.name,
      help: 'Time that a message waited to be let in, of those that had to',
      type: 'histogram',
      buckets: WAIT_SECONDS,
    });
  }
}

/** Admission metrics of one pipeline; counts are moved to the registry at each scrape. */
export class GateMetrics {
  private readonly waits: Readonly<Record<Priority, HotSeries>>;
  private readonly rejections = new Map<string, number>();
  private waiting: (priority: Priority) => number = () => 0;

  constructor(
    private readonly metrics: AdmissionMetrics,
    private readonly pipeline: string,
  ) {
    const series = (priority: Priority): HotSeries => metrics.waitSeconds.labels({ pipeline, priority });
    this.waits = { high: series('high'), normal: series('normal') };
  }

  /** Sets the source of the number of waiting requests, which is read at each scrape. */
  observeWaiting(waiting: (priority: Priority) => number): void {
    this.waiting = waiting;
  }

  /** Counts a failed request if it failed before the model ran: full, too late, or cancelled. */
  failed(code: ErrorCode): void {
    const reason = REASONS[code];
    if (reason !== undefined) this.rejections.set(reason, (this.rejections.get(reason) ?? 0) + 1);
  }

  waited(seconds: number, priority: Priority): void {
    this.waits[priority].observe(seconds);
  }

  publish(): void {
    const { pipeline } = this;
    for (const priority of PRIORITIES) {
      this.metrics.waiting.set({ pipeline, priority }, this.waiting(priority));
    }
    for (const [reason, count] of this.rejections) this.metrics.rejected.inc({ pipeline, reason }, count);
    this.rejections.clear();
  }
}
