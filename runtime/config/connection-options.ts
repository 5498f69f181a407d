import { parseByteSize } from '../../contracts/values/byte-size';
import { parseDurationMs } from '../../contracts/values/duration';

/** What `mis serve` may be told of its gRPC connections. */
export interface ConnectionOptions {
  /** A connection that was silent for so long is asked whether it is there. */
  readonly keepaliveTime?: string;
  /** Longest wait for its answer. */
  readonly keepaliveTimeout?: string;
  /** A client may ask that so often while nothing is sent to it. */
  readonly minPingInterval?: string;
  /** Age at which a connection is ended so that its client connects anew; `off`: never. */
  readonly maxConnectionAge?: string;
  /** How long the streams of such a connection may take to end. */
  readonly maxConnectionAgeGrace?: string;
  /** A connection without streams is closed after so long; `off`: never. */
  readonly maxConnectionIdle?: string;
  /** Most connections at once. */
  readonly maxConnections?: string;
  /** Most streams of one connection at once. */
  readonly maxStreams?: string;
  /** A stream is reset whose client takes nothing of its answers for so long. */
  readonly unreadTimeout?: string;
  /** Most bytes of answers that all clients together have not taken; beyond it streams are not read. */
  readonly maxUnread?: string;
}

export interface CompiledConnectionOptions {
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly minPingIntervalMs: number;
  /** Infinity: never. */
  readonly maxAgeMs: number;
  readonly ageGraceMs: number;
  /** Infinity: never. */
  readonly maxIdleMs: number;
  readonly maxConnections: number;
  readonly maxStreams: number;
  readonly unreadTimeoutMs: number;
  readonly maxUnreadBytes: number;
}

export const DEFAULT_CONNECTION_OPTIONS = {
  keepaliveTime: '60s',
  keepaliveTimeout: '20s',
  minPingInterval: '5s',
  maxConnectionAge: 'off',
  maxConnectionAgeGrace: '30s',
  maxConnectionIdle: 'off',
  maxConnections: '10000',
  maxStreams: '1000',
  unreadTimeout: '60s',
  maxUnread: '512MiB',
} as const satisfies Required<ConnectionOptions>;

/** Timers of Node go no further. */
const LONGEST_MS = 2 ** 31 - 1;
/** HTTP/2 has no more stream ids. */
const MOST_STREAMS = 2 ** 31 - 1;
const MOST_CONNECTIONS = 1_000_000;

/** @param read calls the parser and keeps what it throws as the option's problem */
export function compileConnectionOptions(
  given: Required<ConnectionOptions>,
  read: <T>(option: string, parse: () => T) => T,
): CompiledConnectionOptions {
  const duration = (name: string, text: string): number => read(name, () => positiveMs(text));
  const durationOrOff = (name: string, text: string): number =>
    read(name, () => (text === 'off' ? Infinity : positiveMs(text, ", or 'off'")));
  return {
    keepaliveTimeMs: duration('--keepalive-time', given.keepaliveTime),
    keepaliveTimeoutMs: duration('--keepalive-timeout', given.keepaliveTimeout),
    minPingIntervalMs: duration('--min-ping-interval', given.minPingInterval),
    maxAgeMs: durationOrOff('--max-connection-age', given.maxConnectionAge),
    ageGraceMs: duration('--max-connection-age-grace', given.maxConnectionAgeGrace),
    maxIdleMs: durationOrOff('--max-connection-idle', given.maxConnectionIdle),
    maxConnections: read('--max-connections', () => wholeNumber(given.maxConnections, MOST_CONNECTIONS)),
    maxStreams: read('--max-streams', () => wholeNumber(given.maxStreams, MOST_STREAMS)),
    unreadTimeoutMs: duration('--unread-timeout', given.unreadTimeout),
    maxUnreadBytes: read('--max-unread', () => parseUnread(given.maxUnread)),
  };
}

function positiveMs(text: string, otherwise = ''): number {
  const ms = parseDurationMs(text, otherwise);
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw new RangeError(`must be more than 0 and at most 24 days${otherwise}, got '${text}'`);
}

function wholeNumber(text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new RangeError(`must be a whole number from 1 to ${most}, got '${text}'`);
}

/** Less than this would have streams wait for each other. */
const LEAST_UNREAD_BYTES = 2 ** 20;

function parseUnread(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes >= LEAST_UNREAD_BYTES) return bytes;
  throw new RangeError(`must be at least 1MiB, got '${text}'`);
}
