import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type CompiledConnectionOptions } from '../../config/connection-options';
import { type Clock } from '../../scheduling/clock';
import { type ClosingReason } from '../../observability/connection-metrics';
import { Allowance } from './allowance';
import { PingPolicy } from './ping-policy';

/**
 * Streams that are reset soon after they were opened. Older ones do not count: a gateway may lose a client with all of its
 * streams at once. (nghttp2 itself ends a connection at 1000 resets of any kind, and 33 a second.)
 */
const RESETS = { burst: 200, perSecond: 30, youngMs: 1000 };
/** One at the start is usual; some clients adapt their window a few times a second. */
const SETTINGS = { burst: 100, perSecond: 10 };

/** What a client has to take of a stream's answers, beside something within the timeout: as much a second. */
const SLOWEST_BYTES_PER_SECOND = 64 * 1024;

/** Who is told of what a connection comes to. */
export interface ConnectionOwner {
  closing(connection: Connection, reason: ClosingReason): void;
  streamReset(connection: Connection, unreadBytes: number): void;
}

interface Unread {
  bytes: number;
  sinceMs: number;
}

/**
 * Watches over one HTTP/2 connection: whether its client is there, takes its answers, and keeps within what a client needs.
 * The one that does not is closed; other connections have nothing to do with it.
 */
export class Connection {
  /** `address:port` of the client, as a call tells it. */
  readonly peer: string;
  private readonly streams = new Map<ServerHttp2Stream, Unread | undefined>();
  private readonly resets: Allowance;
  private readonly settings: Allowance;
  private readonly pings: PingPolicy;
  private bytesRead = 0;
  private heardMs: number;
  private askedMs: number | undefined;
  private calmed = false;

  constructor(
    private readonly session: ServerHttp2Session,
    private readonly options: CompiledConnectionOptions,
    private readonly owner: ConnectionOwner,
    private readonly clock: Clock,
  ) {
    const { remoteAddress, remotePort } = session.socket;
    this.peer = peerOf(remoteAddress, remotePort);
    this.heardMs = clock.now();
    this.resets = new Allowance(RESETS.burst, RESETS.perSecond, clock);
    this.settings = new Allowance(SETTINGS.burst, SETTINGS.perSecond, clock);
    this.pings = new PingPolicy(options.minPingIntervalMs, clock);
    session.on('ping', () => this.onPing());
    session.on('remoteSettings', () => this.onSettings());
    session.on('stream', (stream: ServerHttp2Stream) => this.onStream(stream));
  }

  /** To be called now and then: looks for a client that is gone, and for streams that are not read. */
  sweep(): void {
    if (this.session.destroyed) return;
    this.checkAlive();
    if (!this.session.destroyed) this.checkUnread();
  }

  /** Takes no more streams and tells the client so; those that there are end by themselves, or with `destroy`. */
  retire(): void {
    if (this.session.destroyed || this.session.closed) return;
    this.session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM, Buffer.from('max_age'));
    this.session.close();
  }

  destroy(): void {
    this.session.destroy();
  }

  private onPing(): void {
    if (this.session.destroyed) return;
    if (!this.pings.allows(this.session.socket.bytesWritten)) this.calm('pings');
  }

  private onSettings(): void {
    this.pings.onSettings();
    if (!this.settings.take()) this.calm('settings');
  }

  private onStream(stream: ServerHttp2Stream): void {
    const openedMs = this.clock.now();
    this.streams.set(stream, undefined);
    stream.once('close', () => {
      this.streams.delete(stream);
      if (!stream.aborted || this.clock.now() - openedMs >= RESETS.youngMs) return;
      if (!this.resets.take()) this.calm('resets');
    });
  }

  /** Closes with ENHANCE_YOUR_CALM, and says why. */
  private calm(reason: ClosingReason): void {
    if (this.session.destroyed || this.calmed) return;
    this.calmed = true;
    const { lastProcStreamID } = this.session.state;
    this.session.goaway(
      constants.NGHTTP2_ENHANCE_YOUR_CALM,
      lastProcStreamID,
      Buffer.from(`too_many_${reason}`),
    );
    this.owner.closing(this, reason);
    // Not before all streams have closed that the client has reset together with this one: told to reset a stream that
    // nghttp2 has closed already, Node sends frames without end.
    setImmediate(() => this.session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM));
  }

  private checkAlive(): void {
    const nowMs = this.clock.now();
    const { bytesRead } = this.session.socket;
    if (bytesRead !== this.bytesRead) {
      this.bytesRead = bytesRead;
      this.heardMs = nowMs;
      this.askedMs = undefined;
    } else if (this.askedMs === undefined) {
      if (nowMs - this.heardMs >= this.options.keepaliveTimeMs) this.ask(nowMs);
    } else if (nowMs - this.askedMs >= this.options.keepaliveTimeoutMs) {
      this.owner.closing(this, 'keepalive');
      this.session.destroy();
    }
  }

  private ask(nowMs: number): void {
    this.askedMs = nowMs;
    // Its answer is seen as bytes read. It cannot be sent while ten others are on their way, which says as much.
    this.session.ping(() => undefined);
  }

  private checkUnread(): void {
    const nowMs = this.clock.now();
    for (const [stream, before] of this.streams) {
      const bytes = stream.writableLength;
      if (bytes === 0) {
        if (before !== undefined) this.streams.set(stream, undefined);
      } else if (before === undefined || bytes < before.bytes) {
        this.streams.set(stream, { bytes, sinceMs: nowMs });
      } else {
        before.bytes = bytes;
        const allowedMs = this.options.unreadTimeoutMs + (bytes / SLOWEST_BYTES_PER_SECOND) * 1000;
        if (nowMs - before.sinceMs < allowedMs) continue;
        this.owner.streamReset(this, bytes);
        stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      }
    }
  }
}

/** The largest id that a stream can have: all that the client has opened are still answered. */
const LAST_STREAM = 2 ** 31 - 1;

/** How a connection is called, here and by the calls on it. */
export function peerOf(address: string | undefined, port: number | undefined): string {
  return `${address}:${port}`;
}
