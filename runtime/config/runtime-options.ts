import { LOG_LEVELS, type LogLevel } from '../../contracts/program/logger';
import { oneOf, OptionReader, type GivenOptions, type OptionTable } from '../../contracts/program/options';
import { parseAddress, type Address } from '../../contracts/values/address';
import { parseByteSize } from '../../contracts/values/byte-size';
import { parseDurationMs } from '../../contracts/values/duration';
import { redactUri } from '../../contracts/values/redacted-uri';
import { ACCESS_OPTIONS, compileAccessOptions, type CompiledAccessOptions } from './access-options';
import {
  compileConnectionOptions,
  CONNECTION_OPTIONS,
  type CompiledConnectionOptions,
} from './connection-options';
import {
  compileObservabilityOptions,
  OBSERVABILITY_OPTIONS,
  type CompiledObservabilityOptions,
  type TelemetryEnvironment,
} from './observability-options';

/** Options of the commands that look for components: where they are, and whose code may run. */
export const COMPONENT_OPTIONS = {
  components: {
    flags: '--components <dir>',
    description:
      "local components, after the documents' own; may be given again; fetched ones are kept in the first",
    repeatable: 'paths',
  },
  repository: {
    flags: '--repository <url>',
    description: 'component repository, for what is in no local directory; also REPOSITORY_ADDRESS',
    otherVariable: 'REPOSITORY_ADDRESS',
  },
  repositoryTokenFile: {
    flags: '--repository-token-file <file>',
    description: 'file with the bearer token for the repository',
  },
  trustedKeys: {
    flags: '--trusted-keys <file>',
    description: 'public key (PEM) whose signatures make code from the repository run; may be given again',
    repeatable: 'paths',
  },
} as const satisfies OptionTable;

/** Every option of `mis serve`. */
export const SERVE_OPTIONS = {
  grpc: {
    flags: '--grpc <host:port>',
    description: 'address of the gRPC services',
    default: '0.0.0.0:50051',
  },
  http: {
    flags: '--http <host:port>',
    description: 'address of metrics and health',
    default: '0.0.0.0:9000',
  },
  drainTimeout: {
    flags: '--drain-timeout <duration>',
    description: 'longest wait at the end for requests in flight',
    default: '30s',
  },
  maxMessage: {
    flags: '--max-message <size>',
    description: 'largest message that is received, e.g. 64MiB',
    default: '512MiB',
  },
  logLevel: { flags: '--log-level <level>', description: LOG_LEVELS.join(', '), default: 'info' },
  tlsCert: { flags: '--tls-cert <file>', description: 'certificate chain (PEM): serve gRPC over TLS' },
  tlsKey: { flags: '--tls-key <file>', description: 'private key of the certificate (PEM)' },
  tlsClientCa: {
    flags: '--tls-client-ca <file>',
    description: 'authorities (PEM) of the certificates that clients must show',
  },
  httpTls: {
    flags: '--http-tls <mode>',
    description: 'on: metrics and health over TLS, too, with the same certificate',
    default: 'off',
  },
  reload: {
    flags: '--reload <mode>',
    description: 'watch: swap a changed pipeline in; off: do not',
    default: 'watch',
  },
  loadTimeout: {
    flags: '--load-timeout <duration>',
    description: 'longest that loading a pipeline may take, at the start and at a reload; off: no limit',
    default: '10m',
  },
  repositoryWait: {
    flags: '--repository-wait <duration>',
    description: 'longest wait at the start for a repository that is away, when a component is nowhere else',
    default: '60s',
  },
  ...COMPONENT_OPTIONS,
  ...CONNECTION_OPTIONS,
  ...ACCESS_OPTIONS,
  ...OBSERVABILITY_OPTIONS,
} as const satisfies OptionTable;

/** Options of `mis serve` as a person writes them, with the paths of documents and reference directories. */
export type RuntimeOptions = GivenOptions<typeof SERVE_OPTIONS> &
  TelemetryEnvironment & { readonly paths: readonly string[] };

export interface CompiledRuntimeOptions extends CompiledObservabilityOptions {
  readonly paths: readonly string[];
  readonly grpc: Address;
  readonly http: Address;
  /** Directories of components, searched in order, after the `components` folder beside each document. */
  readonly components: readonly string[];
  readonly repository?: { readonly url: string; readonly tokenFile?: string };
  readonly trustedKeys: readonly string[];
  readonly drainTimeoutMs: number;
  readonly maxMessageBytes: number;
  readonly connections: CompiledConnectionOptions;
  readonly logLevel: LogLevel;
  readonly tls?: {
    readonly certificateFile: string;
    readonly keyFile: string;
    readonly clientAuthorityFile?: string;
  };
  readonly httpTls: boolean;
  readonly access?: CompiledAccessOptions;
  readonly reload: boolean;
  /** Longest that loading a pipeline may take; Infinity: no limit. */
  readonly loadTimeoutMs: number;
  /** Longest wait at the start for a repository that is away. */
  readonly repositoryWaitMs: number;
}

type Reader = OptionReader<typeof SERVE_OPTIONS>;

/**
 * The options checked, with defaults filled in.
 * @throws ConfigurationError with every problem: the option, what is allowed, what was got.
 */
export function compileRuntimeOptions(given: RuntimeOptions): CompiledRuntimeOptions {
  const options = new OptionReader(SERVE_OPTIONS, given);
  const compiled: CompiledRuntimeOptions = {
    paths: [...given.paths],
    grpc: options.read('grpc', parseAddress),
    http: options.read('http', parseAddress),
    components: options.values('components'),
    repository: options.read('repository', () => toRepository(options)),
    trustedKeys: options.values('trustedKeys'),
    drainTimeoutMs: options.read('drainTimeout', (text) => parseDurationMs(text)),
    maxMessageBytes: options.read('maxMessage', parseMessageSize),
    connections: compileConnectionOptions(options),
    logLevel: options.read('logLevel', (text) => oneOf(text, LOG_LEVELS)),
    tls: options.check('--tls-cert, --tls-key', () => toTls(options)),
    httpTls: options.read('httpTls', (text) => toHttpTls(text, options)),
    access: compileAccessOptions(options),
    ...compileObservabilityOptions(options, given),
    reload: options.read('reload', (text) => oneOf(text, ['watch', 'off'])) === 'watch',
    loadTimeoutMs: options.read('loadTimeout', parseLoadTimeout),
    repositoryWaitMs: options.read('repositoryWait', (text) => parseDurationMs(text)),
  };
  if (given.paths.length === 0)
    options.problems.push({ path: '<path>', message: 'needs at least one pipeline document' });
  options.finish();
  return Object.freeze(compiled);
}

function toRepository(options: Reader): CompiledRuntimeOptions['repository'] {
  const [repository, tokenFile] = [options.text('repository'), options.text('repositoryTokenFile')];
  if (repository === undefined) {
    if (tokenFile === undefined) return undefined;
    throw new RangeError('is needed with --repository-token-file, got none');
  }
  // Configurations of the published server have addresses without a scheme, too.
  const text = /^[a-z]+:\/\//i.test(repository) ? repository : `http://${repository}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new RangeError(
      `must be the base URL of a repository, e.g. http://repository:9012, got '${redactUri(repository)}'`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new RangeError(
      `takes no user and password (a token comes from --repository-token-file), got '${redactUri(text)}'`,
    );
  }
  return { url: url.href.replace(/\/+$/, ''), tokenFile };
}

function toTls(options: Reader): CompiledRuntimeOptions['tls'] {
  const [certificateFile, keyFile] = [options.text('tlsCert'), options.text('tlsKey')];
  const clientAuthorityFile = options.text('tlsClientCa');
  if (certificateFile === undefined && keyFile === undefined) {
    if (clientAuthorityFile === undefined) return undefined;
    throw new RangeError('are needed with --tls-client-ca, got neither');
  }
  if (certificateFile === undefined || keyFile === undefined) {
    throw new RangeError(
      `are needed together, got only --tls-${certificateFile === undefined ? 'key' : 'cert'}`,
    );
  }
  return { certificateFile, keyFile, clientAuthorityFile };
}

function toHttpTls(text: string, options: Reader): boolean {
  if (oneOf(text, ['on', 'off']) === 'off') return false;
  if (options.text('tlsCert') !== undefined) return true;
  throw new RangeError("needs --tls-cert and --tls-key to be 'on', got neither");
}

const LONGEST_LOAD_TIMEOUT_MS = 24 * 3_600_000;

function parseLoadTimeout(text: string): number {
  if (text === 'off') return Infinity;
  const ms = parseDurationMs(text, ', or off');
  if (ms >= 1 && ms <= LONGEST_LOAD_TIMEOUT_MS) return ms;
  throw new RangeError(`must be 1ms to 24h, or off, got '${text}'`);
}

/** The largest message that grpc-js and its clients are set up for. */
const LARGEST_MESSAGE_BYTES = 512 * 1024 * 1024;

function parseMessageSize(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes <= LARGEST_MESSAGE_BYTES) return bytes;
  throw new RangeError(`must be 1B to 512MiB, got '${text}'`);
}
