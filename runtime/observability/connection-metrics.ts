import { Counter, Gauge, type Registry } from 'prom-client';
import { RUNTIME_METRICS } from '../../contracts/names/metrics';

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
    this.open = new Gauge({
      name: RUNTIME_METRICS.connections.name,
      help: 'Open gRPC connections',
      registers,
    });
    this.closed = new Counter({
      name: RUNTIME_METRICS.connectionsClosed.name,
      help: 'gRPC connections that the server closed, by reason',
      labelNames: RUNTIME_METRICS.connectionsClosed.labels,
      registers,
    });
    this.refused = new Counter({
      name: RUNTIME_METRICS.connectionsRefused.name,
      help: 'gRPC connections beyond the most that may be open',
      registers,
    });
    this.streamsReset = new Counter({
      name: RUNTIME_METRICS.streamsReset.name,
      help: 'Streams that were reset because their clients did not take their answers',
      registers,
    });
    const observe = (): number => this.unread();
    new Gauge({
      name: RUNTIME_METRICS.unreadBytes.name,
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
