import { type Http2SecureServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { type Metadata, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type CompiledConnectionOptions } from '../../config/connection-options';
import { SYSTEM_CLOCK } from '../../scheduling/clock';
import { type ClosingReason, type ConnectionMetrics } from '../../observability/connection-metrics';
import { type Logger } from '../../../contracts/program/logger';
import { callerKey, Connection, peerOf, type ConnectionOwner } from './connection';

/** Least and most time between two checks of the connections, in milliseconds. */
const SWEEP_MS = { least: 20, most: 2000 };
/** Checks per timeout period; a timeout fires up to a tenth late. */
const CHECKS = 10;
/** Share by which the maximum age varies, so that connections that were opened together do not end together. */
const JITTER = 0.1;

/** All connections of the gRPC server: counts them, checks them periodically, and ends those that are old. */
export class Connections implements ConnectionOwner {
  private readonly open = new Map<string, Connection>();
  private sweeping: NodeJS.Timeout | undefined;

  /** @param onRetire ends the inference streams of an old connection, once they have their answers */
  constructor(
    private readonly options: CompiledConnectionOptions,
    private readonly metrics: ConnectionMetrics,
    private readonly log: Logger,
    private readonly onRetire: (peer: string) => void,
  ) {}

  /** Watches the connections of a server that listens. */
  watch(server: Http2Server | Http2SecureServer): void {
    server.maxConnections = this.options.maxConnections;
    server.on('drop', () => this.metrics.refused.inc());
    server.on('session', (session: ServerHttp2Session) => this.add(session));
    const { keepaliveTimeMs, keepaliveTimeoutMs, unreadTimeoutMs } = this.options;
    const everyMs = Math.min(keepaliveTimeMs, keepaliveTimeoutMs, unreadTimeoutMs) / CHECKS;
    this.sweeping ??= setInterval(
      () => this.sweep(),
      Math.min(SWEEP_MS.most, Math.max(SWEEP_MS.least, everyMs)),
    ).unref();
  }

  close(): void {
    clearInterval(this.sweeping);
  }

  /**
   * Refuses a call whose caller has cancelled too many others on its connection.
   * @throws InferenceError CANCELS_EXCEEDED
   */
  requireCalm(call: ServerInterceptingCallInterface, metadata: Metadata): void {
    const { remoteAddress, remotePort } = call.getConnectionInfo();
    // grpc-js has split lists at their commas.
    const header = (name: string): string | undefined =>
      metadata.get(name).map(String).join(',') || undefined;
    this.open.get(peerOf(remoteAddress, remotePort))?.requireCalm(callerKey(header));
  }

  closing({ peer }: Connection, reason: ClosingReason): void {
    this.metrics.closed.inc({ reason });
    if (reason === 'age') this.log.debug({ peer, reason }, 'connection ends');
    else this.log.warn({ peer, reason }, 'connection closed');
  }

  streamReset({ peer }: Connection, unreadBytes: number): void {
    this.metrics.streamsReset.inc();
    this.log.warn({ peer, unreadBytes }, 'stream reset: its client does not take its answers');
  }

  private add(session: ServerHttp2Session): void {
    const connection = new Connection(session, this.options, this, SYSTEM_CLOCK);
    this.open.set(connection.peer, connection);
    this.metrics.open.set(this.open.size);
    const timers = this.scheduleEnd(connection);
    session.on('error', (error: NodeJS.ErrnoException) => {
      // A broken network is no fault of the client.
      if (error.code?.startsWith('ERR_HTTP2') !== true) return;
      if (connection.hasLeft(error)) {
        this.log.debug({ peer: connection.peer }, 'client left');
        return;
      }
      this.metrics.closed.inc({ reason: 'protocol' });
      this.log.warn({ peer: connection.peer, reason: 'protocol', error: error.message }, 'connection closed');
    });
    session.once('close', () => {
      for (const timer of timers) clearTimeout(timer);
      this.open.delete(connection.peer);
      this.metrics.open.set(this.open.size);
    });
  }

  /** Timers that end a connection at its age; the array gets the second when the first goes off. */
  private scheduleEnd(connection: Connection): readonly NodeJS.Timeout[] {
    const { maxAgeMs, ageGraceMs } = this.options;
    const timers: NodeJS.Timeout[] = [];
    if (maxAgeMs === Infinity) return timers;
    const retire = (): void => {
      this.closing(connection, 'age');
      connection.retire();
      this.onRetire(connection.peer);
      timers.push(setTimeout(() => connection.destroy(), ageGraceMs).unref());
    };
    timers.push(setTimeout(retire, maxAgeMs * (1 + JITTER * (2 * Math.random() - 1))).unref());
    return timers;
  }

  private sweep(): void {
    for (const connection of [...this.open.values()]) connection.sweep();
  }
}
