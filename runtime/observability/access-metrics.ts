import { Counter, Gauge, type Registry } from 'prom-client';

/** Metrics of certificates, tokens and traces. */
export class AccessMetrics {
  readonly certificateExpiry: Gauge;
  readonly credentialReloads: Counter;
  readonly callsDenied: Counter;
  readonly traceSpans: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.certificateExpiry = new Gauge({
      name: 'mis_certificate_expiry_timestamp_seconds',
      help: "When the server's certificate ends (notAfter), in seconds since 1970",
      registers,
      // A label, so that a server without a certificate has no series, rather than one of value 0 (1970).
      labelNames: ['certificate'],
    });
    this.credentialReloads = new Counter({
      name: 'mis_credential_reloads_total',
      help: 'Reloads of certificates, tokens and keys, by outcome',
      labelNames: ['credential', 'outcome'],
      registers,
    });
    this.callsDenied = new Counter({
      name: 'mis_calls_denied_total',
      help: 'Calls that were refused for want of a token or of a right',
      labelNames: ['reason'],
      registers,
    });
    this.traceSpans = new Counter({
      name: 'mis_trace_spans_total',
      help: 'Spans that the collector has taken, or has not',
      labelNames: ['outcome'],
      registers,
    });
  }
}
