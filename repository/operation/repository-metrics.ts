import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { COMPONENT_KINDS } from '../../contracts/repository/component-key';
import { type ComponentStore } from '../store/component-store';
import { REPOSITORY_METRICS } from '../../contracts/names/metrics';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What the service counts and measures; one for each service, so that several can live in a process. */
export class RepositoryMetrics {
  readonly registry = new Registry();

  readonly requests = new Counter({
    name: REPOSITORY_METRICS.requests.name,
    help: 'Requests answered',
    labelNames: REPOSITORY_METRICS.requests.labels,
    registers: [this.registry],
  });
  readonly requestSeconds = new Histogram({
    name: REPOSITORY_METRICS.requestSeconds.name,
    help: 'Time from a request to the end of its answer',
    labelNames: REPOSITORY_METRICS.requestSeconds.labels,
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly receivedBytes = new Counter({
    name: REPOSITORY_METRICS.receivedBytes.name,
    help: 'Bytes that came in over connections',
    registers: [this.registry],
  });
  readonly sentBytes = new Counter({
    name: REPOSITORY_METRICS.sentBytes.name,
    help: 'Bytes that went out over connections',
    registers: [this.registry],
  });
  readonly storeSeconds = new Histogram({
    name: REPOSITORY_METRICS.storeSeconds.name,
    help: 'Time that the store took for an operation',
    labelNames: REPOSITORY_METRICS.storeSeconds.labels,
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly storeErrors = new Counter({
    name: REPOSITORY_METRICS.storeErrors.name,
    help: 'Operations that the store could not do, by what it said',
    labelNames: REPOSITORY_METRICS.storeErrors.labels,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Gauges whose values are asked for when they are read. */
  watch(store: ComponentStore, uploadsInFlight: () => number): void {
    const uploads: Gauge = new Gauge({
      name: REPOSITORY_METRICS.uploadsInFlight.name,
      help: 'Packages that are being received or published',
      registers: [this.registry],
      collect: () => uploads.set(uploadsInFlight()),
    });
    const components: Gauge<'kind'> = new Gauge({
      name: REPOSITORY_METRICS.components.name,
      help: 'Components in the store',
      labelNames: REPOSITORY_METRICS.components.labels,
      registers: [this.registry],
      collect: async () => {
        const counts = await store.count().catch(() => undefined);
        for (const kind of COMPONENT_KINDS) {
          if (counts) components.set({ kind }, counts[kind]);
          else components.remove({ kind });
        }
      },
    });
  }
}
