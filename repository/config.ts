import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress, type Address } from '../contracts/values/address';
import { parseDurationMs } from '../contracts/values/duration';
import { LOG_LEVELS, type LogLevel } from '../contracts/program/logger';
import {
  oneOf,
  OptionReader,
  parseSwitch,
  type GivenOptions,
  type OptionTable,
} from '../contracts/program/options';
import { type Problem } from '../contracts/program/problem';
import { UsageError } from '../contracts/program/usage-error';
import { parseByteSize } from '../contracts/values/byte-size';
import { parseStoreLocation, type StoreLocation } from './store/store-location';

/** Every option of `mis-repository`: the source of its command line, its environment and its documentation. */
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
} as const satisfies OptionTable;

/** Options as a person writes them. */
export type RepositoryOptions = GivenOptions<typeof OPTIONS>;

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
 * @throws UsageError with every problem: the option, what is allowed, what was got.
 */
export function compileRepositoryOptions(given: RepositoryOptions): CompiledRepositoryOptions {
  const options = new OptionReader(OPTIONS, given);
  const { problems } = options;
  const compiled: CompiledRepositoryOptions = {
    http: options.read('http', parseAddress),
    store: options.read('store', parseStoreLocation),
    spoolDirectory: options.text('spool') ?? join(tmpdir(), 'mis-repository'),
    readOnly: options.read('readOnly', parseSwitch),
    strict: options.read('strict', parseSwitch),
    immutable: options.read('immutable', parseSwitch),
    maxBodyBytes: options.read('maxBody', parseByteSize),
    maxUnpackedBytes: options.read('maxUnpacked', parseByteSize),
    requestsPerMinute: options.read('rateLimit', parseCount),
    corsOrigins: options.read('corsOrigin', parseOrigins),
    tokensFile: options.optional('tokens', readableFile),
    publicRead: options.read('publicRead', parseSwitch),
    tls: toTls(options.optional('tlsCert', readableFile), options.optional('tlsKey', readableFile), problems),
    drainTimeoutMs: options.read('drainTimeout', (text) => parseDurationMs(text)),
    sweepIntervalMs: options.read('sweepInterval', parseInterval),
    logLevel: options.read('logLevel', (text) => oneOf(text, LOG_LEVELS)),
  };
  if (compiled.publicRead && options.text('tokens') === undefined) {
    problems.push({ path: '--public-read', message: 'has a meaning only with --tokens' });
  }
  if (problems.length > 0)
    throw new UsageError(problems.map(({ path, message }) => `${path} ${message}`).join('\n'));
  return Object.freeze(compiled);
}

function toTls(certificateFile: string | undefined, keyFile: string | undefined, problems: Problem[]) {
  if (certificateFile !== undefined && keyFile !== undefined) return { certificateFile, keyFile };
  if (certificateFile !== undefined || keyFile !== undefined) {
    problems.push({ path: '--tls-cert and --tls-key', message: 'go together' });
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

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`must be an integer ≥ 0, got '${text}'`);
  return Number(text);
}

/** Timers count in 32 bits; a sweep without pauses would keep the store busy. */
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
