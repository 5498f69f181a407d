import { type OptionReader, type OptionTable } from '../../contracts/program/options';
import { parseByteSize } from '../../contracts/values/byte-size';
import { parseDurationMs } from '../../contracts/values/duration';

/** Options of `mis serve` that bound its gRPC connections. */
export const CONNECTION_OPTIONS = {
  keepaliveTime: {
    flags: '--keepalive-time <duration>',
    description: 'silence after which a client is pinged',
    default: '60s',
  },
  keepaliveTimeout: {
    flags: '--keepalive-timeout <duration>',
    description: 'longest wait for the answer to that ping; then the connection is closed',
    default: '20s',
  },
  minPingInterval: {
    flags: '--min-ping-interval <duration>',
    description: 'shortest time between pings of a client to which nothing is sent',
    default: '5s',
  },
  maxConnectionAge: {
    flags: '--max-connection-age <duration>',
    description:
      'age at which a connection ends, so that its client connects again, maybe elsewhere; off: never',
    default: 'off',
  },
  maxConnectionAgeGrace: {
    flags: '--max-connection-age-grace <duration>',
    description: 'how long its streams may then take to end',
    default: '30s',
  },
  maxConnectionIdle: {
    flags: '--max-connection-idle <duration>',
    description: 'closes a connection that has had no stream for this long; off: never',
    default: 'off',
  },
  maxConnections: {
    flags: '--max-connections <count>',
    description: 'most connections at once',
    default: '10000',
  },
  maxStreams: {
    flags: '--max-streams <count>',
    description: 'most streams of one connection at once',
    default: '1000',
  },
  unreadTimeout: {
    flags: '--unread-timeout <duration>',
    description: 'resets a stream whose client has read none of its answers for this long',
    default: '60s',
  },
  maxUnread: {
    flags: '--max-unread <size>',
    description:
      'most bytes of unread answers of all clients together, e.g. 64MiB; beyond it streams are not read',
    default: '512MiB',
  },
} as const satisfies OptionTable;

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

/** Longest delay of a timer in Node.js. */
const LONGEST_MS = 2 ** 31 - 1;
/** HTTP/2 has no more stream ids. */
const MOST_STREAMS = 2 ** 31 - 1;
const MOST_CONNECTIONS = 1_000_000;
/** With less, streams would wait for each other. */
const LEAST_UNREAD_BYTES = 2 ** 20;

export function compileConnectionOptions(
  options: OptionReader<typeof CONNECTION_OPTIONS>,
): CompiledConnectionOptions {
  return {
    keepaliveTimeMs: options.read('keepaliveTime', positiveMs),
    keepaliveTimeoutMs: options.read('keepaliveTimeout', positiveMs),
    minPingIntervalMs: options.read('minPingInterval', positiveMs),
    maxAgeMs: options.read('maxConnectionAge', positiveMsOrOff),
    ageGraceMs: options.read('maxConnectionAgeGrace', positiveMs),
    maxIdleMs: options.read('maxConnectionIdle', positiveMsOrOff),
    maxConnections: options.read('maxConnections', (text) => wholeNumber(text, MOST_CONNECTIONS)),
    maxStreams: options.read('maxStreams', (text) => wholeNumber(text, MOST_STREAMS)),
    unreadTimeoutMs: options.read('unreadTimeout', positiveMs),
    maxUnreadBytes: options.read('maxUnread', parseUnread),
  };
}

function positiveMsOrOff(text: string): number {
  return text === 'off' ? Infinity : positiveMs(text, ", or 'off'");
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

function parseUnread(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes >= LEAST_UNREAD_BYTES) return bytes;
  throw new RangeError(`must be at least 1MiB, got '${text}'`);
}
