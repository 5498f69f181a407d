import {
  constants,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { formatAddress } from '../../../contracts/values/address';
import { InferenceError } from '../../errors';
import { type CompiledConnectionOptions } from '../../config/connection-options';
import { type Clock } from '../../scheduling/clock';
import { type ClosingReason } from '../../observability/connection-metrics';
import { Allowance } from './allowance';
import { PingPolicy } from './ping-policy';
import { RAISED_RESETS } from './server-limits';

/**
 * Most resets of one caller's streams soon after they were opened. Older streams do not count: a gateway may lose a client
 * with all of its streams at once.
 */
const RESETS = { burst: 200, perSecond: 30, youngMs: 1000 };
/**
 * The same for a whole connection that several callers share. nghttp2 has a limit of its own (1000, and 33 a second), after
 * which it leaves the connection open and dead; `server-limits.ts` raises it where Node can.
 */
const SHARED_RESETS =
  RAISED_RESETS === undefined ? { burst: 900, perSecond: 30 } : { burst: 2000, perSecond: 300 };
/** Most callers of one connection that are counted apart; further ones are counted together. */
const MAX_CALLERS = 1000;
/** Clients send one at the start; some adapt their window a few times a second. */
const SETTINGS = { burst: 100, perSecond: 10 };

/** A stream whose client takes its answers more slowly than this, after the unread timeout, is reset. */
const SLOWEST_BYTES_PER_SECOND = 64 * 1024;

/** What nghttp2 says of a frame that breaks the protocol. */
const NGHTTP2_ERR_PROTO = -505;

/** Counts and logs what the server does to a connection. */
export interface ConnectionOwner {
  closing(connection: Connection, reason: ClosingReason): void;
  streamReset(connection: Connection, unreadBytes: number): void;
}

interface Unread {
  bytes: number;
  sinceMs: number;
}

/**
 * Watches one HTTP/2 connection: whether its client is alive, takes its answers, and stays within the limits; if not, it is
 * closed. On a connection that a balancer shares among callers, a caller that resets too many streams has its calls refused
 * instead, and the others go on.
 */
export class Connection {
  /** `address:port` of the client, as a call tells it. */
  readonly peer: string;
  private readonly streams = new Map<ServerHttp2Stream, Unread | undefined>();
  private readonly resets: Allowance;
  /** Resets of each caller. */
  private readonly callers = new Map<string, Allowance>();
  /** Whether it may carry calls of several callers. */
  private shared = false;
  /** A response has been sent on some stream that is over. */
  private answered = false;
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
    this.resets = new Allowance(SHARED_RESETS.burst, SHARED_RESETS.perSecond, clock);
    this.settings = new Allowance(SETTINGS.burst, SETTINGS.perSecond, clock);
    this.pings = new PingPolicy(options.minPingIntervalMs, clock);
    session.on('ping', () => this.onPing());
    session.on('remoteSettings', () => this.onSettings());
    session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      this.shared ||= PROXY_HEADERS.some((name) => headers[name] !== undefined);
      this.onStream(
        stream,
        callerKey((name) => headers[name] as string | undefined),
      );
    });
  }

  /**
   * Refuses a call of a caller that has reset too many streams of a connection that others share.
   * @throws InferenceError CANCELS_EXCEEDED
   */
  requireCalm(caller: string): void {
    if (this.shared && this.allowanceOf(caller).isEmpty) {
      throw new InferenceError(
        'CANCELS_EXCEEDED',
        `the caller cancels calls too often: more than ${RESETS.burst} within a second of their start, or ${RESETS.perSecond} a second; call again in a moment`,
      );
    }
  }

  /**
   * Whether the session's error is a client's way to leave: grpc-go ends a connection with a GOAWAY that names a stream of
   * its own, which nghttp2 takes for a protocol error. A client that has been answered is not called an abuser for it.
   */
  hasLeft(error: NodeJS.ErrnoException): boolean {
    const answered = this.answered || [...this.streams.keys()].some(({ headersSent }) => headersSent);
    return error.errno === NGHTTP2_ERR_PROTO && answered;
  }

  /** To be called periodically: looks for a client that is gone, and for streams that are not read. */
  sweep(): void {
    if (this.session.destroyed) return;
    this.checkAlive();
    if (!this.session.destroyed) this.checkUnread();
  }

  /** Takes no more streams and tells the client so; open ones end when they are done, or with `destroy`. */
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

  private onStream(stream: ServerHttp2Stream, caller: string): void {
    const openedMs = this.clock.now();
    this.allowanceOf(caller);
    this.streams.set(stream, undefined);
    stream.once('close', () => {
      this.streams.delete(stream);
      this.answered ||= stream.headersSent;
      if (!stream.aborted || this.clock.now() - openedMs >= RESETS.youngMs) return;
      const isCalm = this.allowanceOf(caller).take();
      if (!this.resets.take() || (!isCalm && !this.shared)) this.calm('resets');
    });
  }

  private allowanceOf(caller: string): Allowance {
    const known = this.callers.get(caller);
    if (known !== undefined) return known;
    if (this.callers.size >= MAX_CALLERS) this.forgetCalmCallers();
    const key = this.callers.size < MAX_CALLERS ? caller : FURTHER_CALLERS;
    const allowance = this.callers.get(key) ?? new Allowance(RESETS.burst, RESETS.perSecond, this.clock);
    this.callers.set(key, allowance);
    this.shared ||= this.callers.size > 1;
    return allowance;
  }

  private forgetCalmCallers(): void {
    for (const [caller, allowance] of this.callers) if (allowance.isFull) this.callers.delete(caller);
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
    // After all streams that the client has reset in the same packet have closed: asked to reset a stream that nghttp2 has
    // closed already, Node sends frames without end.
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
    // The answer is seen as bytes read. With ten pings unanswered Node sends no further one, which leads to the same end.
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

/** Stands for all callers beyond the most that are counted apart. */
const FURTHER_CALLERS = '…';

/** `address:port` of a client, as logs and the calls of a connection have it. */
export function peerOf(address: string | undefined, port: number | undefined): string {
  return formatAddress({ host: address ?? 'unknown', port: port ?? 0 });
}

/** Headers of which a proxy adds at least one, and a client none. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'via'];

/**
 * What tells apart the callers that share a connection: whom the nearest proxy has appended to `forwarded` or
 * `x-forwarded-for`, else the token. The same text for all calls without any.
 */
export function callerKey(header: (name: string) => string | undefined): string {
  const forwarded = header('forwarded') ?? header('x-forwarded-for');
  return forwarded?.split(',').at(-1)?.trim() ?? header('authorization') ?? '';
}
