import { type Gauge } from 'prom-client';
import { type ErrorKind } from '../errors';
import { GateMetrics } from './admission-metrics';
import { type HotSeries } from './hot-histogram';
import { type Metrics } from './metrics';

/** `ok`, or the name of the gRPC status in lower case. */
type Outcome = 'ok' | Lowercase<ErrorKind>;

/**
 * Metrics of one pipeline, with its label resolved once. Counts on the message path are plain numbers, moved to the registry
 * at each scrape.
 */
export class PipelineMetrics {
  inFlight = 0;
  streams = 0;
  readonly queueSeconds: HotSeries;
  readonly modelSeconds: HotSeries;
  readonly batchSize: HotSeries;
  readonly admission: GateMetrics;
  private readonly processing: HotSeries;
  private readonly latency: HotSeries;
  private readonly outcomes = new Map<Outcome, number>();
  private succeeded = 0;
  private queueDepth: () => number = () => 0;

  constructor(
    private readonly metrics: Metrics,
    readonly pipeline: string,
  ) {
    const labels = { pipeline };
    this.queueSeconds = metrics.queueSeconds.labels(labels);
    this.modelSeconds = metrics.modelSeconds.labels(labels);
    this.batchSize = metrics.batchSize.labels(labels);
    this.processing = metrics.requestProcessing.labels({});
    this.latency = metrics.requestLatency.labels({});
    this.admission = new GateMetrics(metrics.admission, pipeline);
    metrics.onScrape(pipeline, () => this.publish());
    this.publish();
  }

  /** A version of the pipeline has been loaded and warmed. */
  prepared(seconds: number): void {
    this.metrics.pipelinePreparation.labels({}).observe(seconds);
  }

  /** A changed document has been swapped in, or refused. */
  reloaded(outcome: 'ok' | 'refused'): void {
    this.metrics.reloads.inc({ pipeline: this.pipeline, outcome });
  }

  workerRestarted(): void {
    this.metrics.workerRestarts.inc({ pipeline: this.pipeline });
  }

  /** Whether the pipeline's requests are refused. */
  breaker(isOpen: boolean): void {
    this.metrics.breakerOpen.set({ pipeline: this.pipeline }, isOpen ? 1 : 0);
  }

  /** The series of one step; the pipeline keeps it. */
  step(step: string): HotSeries {
    return this.metrics.stepSeconds.labels({ pipeline: this.pipeline, step });
  }

  /** Sets the source of the queue depth, which is read at each scrape. */
  observeQueue(queueDepth: () => number): void {
    this.queueDepth = queueDepth;
  }

  arrived(): void {
    this.inFlight += 1;
  }

  /** A message has been answered, or its stream is gone. */
  answered(seconds: number, failure?: ErrorKind): void {
    this.inFlight -= 1;
    this.processing.observe(seconds);
    this.latency.observe(seconds);
    if (failure === undefined) {
      this.succeeded += 1;
    } else {
      const outcome = failure.toLowerCase() as Outcome;
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    }
  }

  private publish(): void {
    const { pipeline } = this;
    this.set(this.metrics.inFlight, this.inFlight);
    this.set(this.metrics.streams, this.streams);
    this.set(this.metrics.queueDepth, this.queueDepth());
    this.metrics.requests.inc({ pipeline, outcome: 'ok' }, this.succeeded);
    this.succeeded = 0;
    for (const [outcome, count] of this.outcomes) this.metrics.requests.inc({ pipeline, outcome }, count);
    this.outcomes.clear();
    this.admission.publish();
  }

  private set(gauge: Gauge, value: number): void {
    gauge.set({ pipeline: this.pipeline }, value);
  }
}
