import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress, type Address } from '../contracts/values/address';
import { parseDurationMs } from '../contracts/values/duration';
import { messageOf, StartError } from './errors';
import { LOG_LEVELS, type LogLevel } from './operation/logger';
import { parseSize } from './size';
import { parseStoreLocation, type StoreLocation } from './store/store-location';

/** Options as a person writes them; each is also an environment variable (`--read-only` is `MIS_READ_ONLY`). */
export type RepositoryOptions = Readonly<Partial<Record<keyof typeof OPTIONS, string | boolean>>>;

interface OptionDefinition {
  readonly flags: string;
  readonly description: string;
  readonly default?: string;
}

/** Every option of `mis-repository`: the one source of its command line, its environment and its documentation. */
export const OPTIONS = {
  http: {
    flags: '--http <host:port>',
    description: 'where to listen; port 0 is any free one',
    default: '0.0.0.0:9012',
  },
  store: {
    flags: '--store <location>',
    description: 'file:<directory> or mongodb://…/<database>',
    default: 'file:./mis-repository',
  },
  spool: {
    flags: '--spool <directory>',
    description:
      'where uploads are received before they go to MongoDB; default: a folder for temporary files',
  },
  readOnly: { flags: '--read-only', description: 'take no changes' },
  strict: { flags: '--strict', description: 'refuse packages of other runtimes' },
  immutable: { flags: '--immutable', description: 'never replace a stored package' },
  maxBody: { flags: '--max-body <size>', description: 'largest body, e.g. 500MB or 4GiB', default: '4GiB' },
  maxUnpacked: {
    flags: '--max-unpacked <size>',
    description: 'most bytes that a package may unpack to',
    default: '16GiB',
  },
  rateLimit: {
    flags: '--rate-limit <requests>',
    description: 'requests a minute from one address; 0 is any number',
    default: '0',
  },
  corsOrigin: {
    flags: '--cors-origin <origins>',
    description: 'origins whose pages may call, comma-separated, or *',
  },
  tokens: {
    flags: '--tokens <file>',
    description: 'bearer tokens that are known; without it everybody may do everything',
  },
  publicRead: { flags: '--public-read', description: 'reading needs no token' },
  tlsCert: { flags: '--tls-cert <file>', description: 'certificate chain in PEM' },
  tlsKey: { flags: '--tls-key <file>', description: 'private key in PEM' },
  drainTimeout: {
    flags: '--drain-timeout <duration>',
    description: 'how long a stop waits for transfers under way',
    default: '30s',
  },
  sweepInterval: {
    flags: '--sweep-interval <duration>',
    description: 'how often what crashes left behind is removed',
    default: '10m',
  },
  logLevel: { flags: '--log-level <level>', description: LOG_LEVELS.join(', '), default: 'info' },
} as const satisfies Record<string, OptionDefinition>;

export type OptionName = keyof typeof OPTIONS;

export interface CompiledRepositoryOptions {
  readonly http: Address;
  readonly store: StoreLocation;
  readonly spoolDirectory: string;
  readonly readOnly: boolean;
  readonly strict: boolean;
  readonly immutable: boolean;
  readonly maxBodyBytes: number;
  readonly maxUnpackedBytes: number;
  readonly requestsPerMinute: number;
  readonly corsOrigins: readonly string[];
  readonly tokensFile?: string;
  readonly publicRead: boolean;
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  readonly drainTimeoutMs: number;
  readonly sweepIntervalMs: number;
  readonly logLevel: LogLevel;
}

/**
 * The options checked, with defaults filled in.
 * @throws StartError with every problem: the option, what is allowed, what was got.
 */
export function compileRepositoryOptions(options: RepositoryOptions): CompiledRepositoryOptions {
  const problems: string[] = [];
  const text = (name: OptionName): string | undefined => {
    const value = options[name] ?? (OPTIONS[name] as OptionDefinition).default;
    return typeof value === 'boolean' ? String(value) : value;
  };
  const read = <T>(name: OptionName, parse: (text: string) => T): T => {
    try {
      return parse(text(name) ?? '');
    } catch (error) {
      problems.push(`${OPTIONS[name].flags.split(' ')[0]} ${messageOf(error)}`);
      return undefined as T;
    }
  };
  const optionalFile = (name: OptionName) =>
    text(name) === undefined ? undefined : read(name, readableFile);
  const compiled: CompiledRepositoryOptions = {
    http: read('http', parseAddress),
    store: read('store', parseStoreLocation),
    spoolDirectory: text('spool') ?? join(tmpdir(), 'mis-repository'),
    readOnly: read('readOnly', parseFlag),
    strict: read('strict', parseFlag),
    immutable: read('immutable', parseFlag),
    maxBodyBytes: read('maxBody', parseSize),
    maxUnpackedBytes: read('maxUnpacked', parseSize),
    requestsPerMinute: read('rateLimit', parseCount),
    corsOrigins: read('corsOrigin', parseOrigins),
    tokensFile: optionalFile('tokens'),
    publicRead: read('publicRead', parseFlag),
    tls: toTls(optionalFile('tlsCert'), optionalFile('tlsKey'), problems),
    drainTimeoutMs: read('drainTimeout', parseDurationMs),
    sweepIntervalMs: read('sweepInterval', parseInterval),
    logLevel: read('logLevel', parseLogLevel),
  };
  if (compiled.publicRead && compiled.tokensFile === undefined && text('tokens') === undefined) {
    problems.push('--public-read has a meaning only with --tokens');
  }
  if (problems.length > 0) throw new StartError(problems.join('\n'));
  return Object.freeze(compiled);
}

function toTls(certificateFile: string | undefined, keyFile: string | undefined, problems: string[]) {
  if (certificateFile !== undefined && keyFile !== undefined) return { certificateFile, keyFile };
  if (certificateFile !== undefined || keyFile !== undefined) {
    problems.push('--tls-cert and --tls-key go together');
  }
  return undefined;
}

function readableFile(path: string): string {
  try {
    accessSync(path, constants.R_OK);
  } catch {
    throw new RangeError(`must be a file that can be read, got '${path}'`);
  }
  return path;
}

function parseFlag(text: string): boolean {
  if (text === '' || text === 'false' || text === '0') return false;
  if (text === 'true' || text === '1') return true;
  throw new RangeError(`must be true or false, got '${text}'`);
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`must be an integer ≥ 0, got '${text}'`);
  return Number(text);
}

/** Timers count in 32 bits; a sweep without a pause would leave the store no time. */
function parseInterval(text: string): number {
  const milliseconds = parseDurationMs(text);
  if (milliseconds < 1000 || milliseconds > 2 ** 31 - 1) {
    throw new RangeError(`must be from 1s to 596h, got '${text}'`);
  }
  return milliseconds;
}

function parseOrigins(text: string): string[] {
  const origins = text.split(',').map((origin) => origin.trim());
  const named = origins.filter((origin) => origin !== '');
  for (const origin of named) {
    if (origin !== '*' && (!URL.canParse(origin) || new URL(origin).origin !== origin)) {
      throw new RangeError(`must be origins such as https://example.org, or *, got '${origin}'`);
    }
  }
  return named;
}

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (!level) throw new RangeError(`must be one of ${LOG_LEVELS.join(', ')}, got '${text}'`);
  return level;
}
