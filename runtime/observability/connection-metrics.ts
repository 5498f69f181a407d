import { Counter, Gauge, type Registry } from 'prom-client';

/** Reasons for the server to close a connection. */
export const CLOSING_REASONS = ['keepalive', 'age', 'resets', 'pings', 'settings', 'protocol'] as const;
export type ClosingReason = (typeof CLOSING_REASONS)[number];

/** The gRPC connections of the server. */
export class ConnectionMetrics {
  readonly open: Gauge;
  readonly closed: Counter;
  readonly refused: Counter;
  readonly streamsReset: Counter;
  private unread: () => number = () => 0;

  constructor(registry: Registry) {
    const registers = [registry];
    this.open = new Gauge({ name: 'inference_connections', help: 'Open gRPC connections', registers });
    this.closed = new Counter({
      name: 'inference_connections_closed_total',
      help: 'gRPC connections that the server closed, by reason',
      labelNames: ['reason'],
      registers,
    });
    this.refused = new Counter({
      name: 'inference_connections_refused_total',
      help: 'gRPC connections beyond the most that may be open',
      registers,
    });
    this.streamsReset = new Counter({
      name: 'inference_streams_reset_total',
      help: 'Streams that were reset because their clients did not take their answers',
      registers,
    });
    const observe = (): number => this.unread();
    new Gauge({
      name: 'inference_unread_bytes',
      help: 'Bytes of answers that clients have not taken yet',
      collect() {
        this.set(observe());
      },
      registers,
    });
    // Prometheus sees the first count as an increase only if the series existed before it.
    for (const reason of CLOSING_REASONS) this.closed.inc({ reason }, 0);
  }

  /** Sets the source of the unread bytes, which is read at each scrape. */
  observeUnread(unread: () => number): void {
    this.unread = unread;
  }
}
