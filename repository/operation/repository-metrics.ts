import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { COMPONENT_KINDS } from '../../contracts/repository/component-key';
import { type ComponentStore } from '../store/component-store';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What the service counts and measures; one for each service, so that several can live in a process. */
export class RepositoryMetrics {
  readonly registry = new Registry();

  readonly requests = new Counter({
    name: 'repository_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'] as const,
    registers: [this.registry],
  });
  readonly requestSeconds = new Histogram({
    name: 'repository_request_seconds',
    help: 'Time from a request to the end of its answer',
    labelNames: ['method', 'route'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly receivedBytes = new Counter({
    name: 'repository_received_bytes_total',
    help: 'Bytes that came in over connections',
    registers: [this.registry],
  });
  readonly sentBytes = new Counter({
    name: 'repository_sent_bytes_total',
    help: 'Bytes that went out over connections',
    registers: [this.registry],
  });
  readonly storeSeconds = new Histogram({
    name: 'repository_store_seconds',
    help: 'Time that the store took for an operation',
    labelNames: ['operation'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly storeErrors = new Counter({
    name: 'repository_store_errors_total',
    help: 'Operations that the store could not do, by what it said',
    labelNames: ['operation', 'code'] as const,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Gauges whose values are asked for when they are read. */
  watch(store: ComponentStore, uploadsInFlight: () => number): void {
    const uploads: Gauge = new Gauge({
      name: 'repository_uploads_in_flight',
      help: 'Packages that are being received or published',
      registers: [this.registry],
      collect: () => uploads.set(uploadsInFlight()),
    });
    const components: Gauge<'kind'> = new Gauge({
      name: 'repository_components',
      help: 'Components in the store',
      labelNames: ['kind'] as const,
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
