import { type Gauge } from 'prom-client';
import { type ErrorKind } from '../errors';
import { GateMetrics } from './admission-metrics';
import { type HotSeries } from './hot-histogram';
import { type Metrics } from './metrics';
import { ModelMetrics } from './model-metrics';

/** `ok`, or the name of the gRPC status in lower case. */
type Outcome = 'ok' | Lowercase<ErrorKind>;

/** Digests of what serves, as `sha256:…`; of several models or components one entry each, by name. */
export interface PipelineDigests {
  readonly document: string;
  readonly models: ReadonlyMap<string, string>;
  readonly components: ReadonlyMap<string, string>;
}

/**
 * Metrics of one pipeline, with its label resolved once. Counts on the message path are plain numbers, moved to the registry
 * at each scrape.
 */
export class PipelineMetrics {
  inFlight = 0;
  streams = 0;
  readonly admission: GateMetrics;
  private readonly processing: HotSeries;
  private readonly latency: HotSeries;
  private readonly outcomes = new Map<Outcome, number>();
  private succeeded = 0;
  /** Of the models of all versions so far, by the label `model`; '' where it is absent. */
  private readonly models = new Map<string, ModelMetrics>();
  private current: readonly ModelMetrics[] = [];
  private info: Record<string, string> | undefined;

  constructor(
    private readonly metrics: Metrics,
    readonly pipeline: string,
  ) {
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

  /** The thread of the components was replaced. */
  workerRestarted(): void {
    this.metrics.workerRestarts.inc({ pipeline: this.pipeline });
  }

  /** Metrics of one of its models. @param name where the pipeline has several */
  model(name?: string): ModelMetrics {
    const key = name ?? '';
    let model = this.models.get(key);
    if (model === undefined) {
      const labels = { pipeline: this.pipeline, ...(name !== undefined && { model: name }) };
      this.models.set(key, (model = new ModelMetrics(this.metrics, labels)));
    }
    return model;
  }

  /** Another version serves, or the same one with another document: with these models, made of files with these digests. */
  serves(models: readonly ModelMetrics[], { document, models: files, components }: PipelineDigests): void {
    for (const model of this.current) if (!models.includes(model)) model.retire();
    this.current = models;
    if (this.info !== undefined) this.metrics.pipelineInfo.remove(this.info);
    this.info = {
      pipeline: this.pipeline,
      document,
      model: oneText(files),
      components: [...components].map(([name, digest]) => `${name}=${digest}`).join(','),
    };
    this.metrics.pipelineInfo.set(this.info, 1);
  }

  /** Whether the pipeline's requests are refused. */
  breaker(isOpen: boolean): void {
    this.metrics.breakerOpen.set({ pipeline: this.pipeline }, isOpen ? 1 : 0);
  }

  /** The series of one step; the pipeline keeps it. */
  step(step: string): HotSeries {
    return this.metrics.stepSeconds.labels({ pipeline: this.pipeline, step });
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
    for (const model of this.current) model.publish();
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

/** The only digest as it is; of several each with its name. */
function oneText(digests: ReadonlyMap<string, string>): string {
  const entries = [...digests];
  return entries.length === 1
    ? entries[0][1]
    : entries.map(([name, digest]) => `${name}=${digest}`).join(',');
}
