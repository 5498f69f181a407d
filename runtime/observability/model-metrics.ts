import { type HotSeries } from './hot-histogram';
import { type Metrics } from './metrics';

/** Labels of a model's series; `model` is there where its pipeline has several. */
export interface ModelLabels extends Record<string, string> {
  readonly pipeline: string;
}

/** The metrics of one model of a pipeline, with their labels resolved once. */
export class ModelMetrics {
  readonly queueSeconds: HotSeries;
  readonly modelSeconds: HotSeries;
  readonly batchSize: HotSeries;
  private queueDepth: () => number = () => 0;

  constructor(
    private readonly metrics: Metrics,
    private readonly labels: ModelLabels,
  ) {
    this.queueSeconds = metrics.queueSeconds.labels(labels);
    this.modelSeconds = metrics.modelSeconds.labels(labels);
    this.batchSize = metrics.batchSize.labels(labels);
  }

  workerRestarted(): void {
    this.metrics.workerRestarts.inc(this.labels);
  }

  /** Sets where the number of waiting requests is read at a scrape. */
  observeQueue(queueDepth: () => number): void {
    this.queueDepth = queueDepth;
  }

  publish(): void {
    this.metrics.queueDepth.set(this.labels, this.queueDepth());
  }

  /** The model is not part of the pipeline any more: what it has counted stays, what it has waiting goes. */
  retire(): void {
    this.metrics.queueDepth.remove(this.labels);
  }
}
