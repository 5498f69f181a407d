import { Counter, Gauge, type Registry } from 'prom-client';
import { RUNTIME_METRICS } from '../../contracts/names/metrics';

/** Metrics of certificates, tokens and traces. */
export class AccessMetrics {
  readonly certificateExpiry: Gauge;
  readonly credentialReloads: Counter;
  readonly callsDenied: Counter;
  readonly traceSpans: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.certificateExpiry = new Gauge({
      name: RUNTIME_METRICS.certificateExpiry.name,
      help: "When the server's certificate ends (notAfter), in seconds since 1970",
      registers,
      // Without a certificate there is no series, rather than one that says 1970.
      labelNames: RUNTIME_METRICS.certificateExpiry.labels,
    });
    this.credentialReloads = new Counter({
      name: RUNTIME_METRICS.credentialReloads.name,
      help: 'Reloads of certificates, tokens and keys, by outcome',
      labelNames: RUNTIME_METRICS.credentialReloads.labels,
      registers,
    });
    this.callsDenied = new Counter({
      name: RUNTIME_METRICS.callsDenied.name,
      help: 'Calls that were refused for want of a token or of a right',
      labelNames: RUNTIME_METRICS.callsDenied.labels,
      registers,
    });
    this.traceSpans = new Counter({
      name: RUNTIME_METRICS.traceSpans.name,
      help: 'Spans that the collector has taken, or has not',
      labelNames: RUNTIME_METRICS.traceSpans.labels,
      registers,
    });
  }
}
