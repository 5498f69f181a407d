import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { AccessMetrics } from './access-metrics';
import { AdmissionMetrics } from './admission-metrics';
import { ConnectionMetrics } from './connection-metrics';
import { HotHistogram } from './hot-histogram';
import { RUNTIME_METRICS as METRICS, type MetricName } from '../../contracts/names/metrics';

const LATENCY_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
const STEP_SECONDS = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10];
const BATCH_ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/**
 * Interval of event loop delay samples. With the default of 10 ms, a hundred wake-ups a second interrupt the threads of a
 * heavy model: a run of 260 ms took 2 to 3 % longer.
 */
const LOOP_SAMPLE_MS = 100;

/** Every metric of the runtime, in one registry. Names are a contract (docs/operations.md lists them). */
export class Metrics {
  readonly registry = new Registry();

  /** Kept from the published server: each message, from its arrival to its response. Not labelled, as there. */
  readonly requestProcessing = this.hot(
    'summary',
    METRICS.requestProcessingSeconds,
    'Time spent on a message',
  );
  readonly requestLatency = this.hot(
    'histogram',
    METRICS.requestLatencySeconds,
    'Time from the arrival of a message to its response',
    LATENCY_SECONDS,
  );
  readonly pipelinePreparation = this.hot(
    'summary',
    METRICS.pipelinePreparationSeconds,
    'Time spent on loading and warming a pipeline',
  );

  readonly requests = this.counter(METRICS.requests, 'Messages answered, by outcome');
  readonly inFlight = this.gauge(METRICS.inFlight, 'Messages that have arrived and are not answered');
  readonly queueDepth = this.gauge(METRICS.queueDepth, 'Requests that wait for a run of the model');
  readonly pipelineInfo = this.gauge(
    METRICS.pipelineInfo,
    'Digests (sha256) of the document, the models and the components that serve; always 1',
  );
  readonly streams = this.gauge(METRICS.streams, 'Open streams');
  readonly reloads = this.counter(METRICS.reloads, 'Reloads of a pipeline, by outcome');
  readonly componentFetches = this.counter(
    METRICS.componentFetches,
    'Fetches of components from the repository, by outcome',
  );
  readonly workerRestarts = this.counter(METRICS.workerRestarts, 'Worker threads that were replaced');
  readonly breakerOpen = this.gauge(
    METRICS.breakerOpen,
    "1 while the pipeline's requests are refused because its model's workers keep ending or hang",
  );
  readonly hungThreads = this.gauge(
    METRICS.hungThreads,
    'Worker threads that were given up and have not come back from the engine',
  );
  readonly queueSeconds = this.hot(
    'histogram',
    METRICS.queueSeconds,
    'Time that a request waited for its run',
    LATENCY_SECONDS,
  );
  readonly stepSeconds = this.hot('histogram', METRICS.stepSeconds, 'Time of one step', STEP_SECONDS);
  readonly modelSeconds = this.hot(
    'histogram',
    METRICS.modelSeconds,
    'Time of one model run',
    LATENCY_SECONDS,
  );
  readonly batchSize = this.hot('histogram', METRICS.batchSize, 'Rows in one model run', BATCH_ROWS);

  readonly access = new AccessMetrics(this.registry);
  readonly admission = new AdmissionMetrics(this.registry);
  readonly connections = new ConnectionMetrics(this.registry);

  private readonly publishers = new Map<string, () => void>();

  constructor() {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: LOOP_SAMPLE_MS });
  }

  /** Calls `publish` before each exposition; a pipeline has one, and a later call replaces it. */
  onScrape(pipeline: string, publish: () => void): void {
    this.publishers.set(pipeline, publish);
  }

  /** The Prometheus text exposition. */
  async expose(): Promise<string> {
    for (const publish of this.publishers.values()) publish();
    return this.registry.metrics();
  }

  private hot(
    type: 'histogram' | 'summary',
    { name }: MetricName,
    help: string,
    buckets?: readonly number[],
  ): HotHistogram {
    return new HotHistogram(this.registry, { name, help, type, buckets });
  }

  private counter({ name, labels: labelNames }: MetricName, help: string): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge({ name, labels: labelNames }: MetricName, help: string): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
