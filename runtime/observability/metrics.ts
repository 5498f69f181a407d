import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { AccessMetrics } from './access-metrics';
import { AdmissionMetrics } from './admission-metrics';
import { ConnectionMetrics } from './connection-metrics';
import { HotHistogram } from './hot-histogram';

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
    'inference_request_processing_seconds',
    'Time spent on a message',
  );
  readonly requestLatency = this.hot(
    'histogram',
    'inference_request_latency_seconds',
    'Time from the arrival of a message to its response',
    LATENCY_SECONDS,
  );
  readonly pipelinePreparation = this.hot(
    'summary',
    'inference_pipeline_preparation_seconds',
    'Time spent on loading and warming a pipeline',
  );

  readonly requests = this.counter('inference_requests_total', 'Messages answered, by outcome', [
    'pipeline',
    'outcome',
  ]);
  readonly inFlight = this.gauge('inference_in_flight', 'Messages that have arrived and are not answered', [
    'pipeline',
  ]);
  readonly queueDepth = this.gauge('inference_queue_depth', 'Requests that wait for a run of the model', [
    'pipeline',
  ]);
  readonly streams = this.gauge('inference_streams', 'Open streams', ['pipeline']);
  readonly reloads = this.counter('inference_reloads_total', 'Reloads of a pipeline, by outcome', [
    'pipeline',
    'outcome',
  ]);
  readonly workerRestarts = this.counter(
    'inference_worker_restarts_total',
    'Worker threads that were replaced',
    ['pipeline'],
  );
  readonly breakerOpen = this.gauge(
    'inference_breaker_open',
    "1 while the pipeline's requests are refused because its model's workers keep ending or hang",
    ['pipeline'],
  );
  readonly hungThreads = this.gauge(
    'inference_hung_threads',
    'Worker threads that were given up and have not come back from the engine',
    [],
  );
  readonly queueSeconds = this.hot(
    'histogram',
    'inference_queue_seconds',
    'Time that a request waited for its run',
    LATENCY_SECONDS,
  );
  readonly stepSeconds = this.hot('histogram', 'inference_step_seconds', 'Time of one step', STEP_SECONDS);
  readonly modelSeconds = this.hot(
    'histogram',
    'inference_model_seconds',
    'Time of one model run',
    LATENCY_SECONDS,
  );
  readonly batchSize = this.hot('histogram', 'inference_batch_size', 'Rows in one model run', BATCH_ROWS);

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
    name: string,
    help: string,
    buckets?: readonly number[],
  ): HotHistogram {
    return new HotHistogram(this.registry, { name, help, type, buckets });
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
