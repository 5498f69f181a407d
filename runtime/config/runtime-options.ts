import { ConfigurationError, messageOf, type Problem } from '../../contracts/program/problem';
import { LOG_LEVELS, type LogLevel } from '../../contracts/program/logger';
import { compileAccessOptions, type AccessOptions, type CompiledAccessOptions } from './access-options';
import { parseAddress, type Address } from '../../contracts/values/address';
import { parseByteSize } from '../../contracts/values/byte-size';
import {
  compileConnectionOptions,
  DEFAULT_CONNECTION_OPTIONS,
  type CompiledConnectionOptions,
  type ConnectionOptions,
} from './connection-options';
import { parseDurationMs } from '../../contracts/values/duration';
import {
  compileObservabilityOptions,
  type CompiledObservabilityOptions,
  type ObservabilityOptions,
} from './observability-options';
import { oneOf, type ReadOption } from './read-option';

/** Options of `mis serve` as a person writes them; each is also an environment variable (`--grpc` is `MIS_GRPC`). */
export interface RuntimeOptions extends AccessOptions, ConnectionOptions, ObservabilityOptions {
  /** Pipeline documents and reference configuration directories. */
  readonly paths: readonly string[];
  readonly grpc?: string;
  readonly http?: string;
  /** Directories of components, searched in order, after the `components` folder beside each document. */
  readonly components?: readonly string[];
  /** Base URL of a component repository. */
  readonly repository?: string;
  /** File with the bearer token for it. */
  readonly repositoryTokenFile?: string;
  /** Files of public keys whose signatures make code from the repository run. */
  readonly trustedKeys?: readonly string[];
  readonly drainTimeout?: string;
  /** Largest message that is received, e.g. `64MiB`; a larger one is refused by its header. */
  readonly maxMessage?: string;
  readonly logLevel?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  /** `on`: metrics and health over TLS as well, with the same certificate. */
  readonly httpTls?: string;
  /** `watch`: a changed document is swapped in; `off`: it is not. */
  readonly reload?: string;
}

export interface CompiledRuntimeOptions extends CompiledObservabilityOptions {
  readonly paths: readonly string[];
  readonly grpc: Address;
  readonly http: Address;
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
}

export const DEFAULT_RUNTIME_OPTIONS = {
  grpc: '0.0.0.0:50051',
  http: '0.0.0.0:9000',
  drainTimeout: '30s',
  maxMessage: '512MiB',
  logLevel: 'info',
  httpTls: 'off',
  reload: 'watch',
  ...DEFAULT_CONNECTION_OPTIONS,
} as const;

/**
 * The options checked, with defaults filled in.
 * @throws ConfigurationError with every problem: the option, what is allowed, what was got.
 */
export function compileRuntimeOptions(options: RuntimeOptions): CompiledRuntimeOptions {
  const problems: Problem[] = [];
  const read: ReadOption = (option, parse) => {
    try {
      return parse();
    } catch (error) {
      problems.push({ path: option, message: messageOf(error) });
      return undefined as never;
    }
  };
  const given = { ...DEFAULT_RUNTIME_OPTIONS, ...withoutAbsent(options) };
  const compiled: CompiledRuntimeOptions = {
    paths: [...options.paths],
    grpc: read('--grpc', () => parseAddress(given.grpc)),
    http: read('--http', () => parseAddress(given.http)),
    components: [...(options.components ?? [])],
    repository: read('--repository', () => toRepository(options)),
    trustedKeys: [...(options.trustedKeys ?? [])],
    drainTimeoutMs: read('--drain-timeout', () => parseDurationMs(given.drainTimeout)),
    maxMessageBytes: read('--max-message', () => parseMessageSize(given.maxMessage)),
    connections: compileConnectionOptions(given, read),
    logLevel: read('--log-level', () => oneOf(given.logLevel, LOG_LEVELS)),
    tls: read('--tls-cert, --tls-key', () => toTls(options)),
    httpTls: read('--http-tls', () => toHttpTls(given.httpTls, options)),
    access: compileAccessOptions(options, read),
    ...compileObservabilityOptions(options, read),
    reload: read('--reload', () => oneOf(given.reload, ['watch', 'off'] as const)) === 'watch',
  };
  if (options.paths.length === 0)
    problems.push({ path: '<path>', message: 'needs at least one pipeline document' });
  if (problems.length > 0) throw new ConfigurationError('', problems);
  return Object.freeze(compiled);
}

function withoutAbsent<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function toRepository({
  repository,
  repositoryTokenFile,
}: RuntimeOptions): CompiledRuntimeOptions['repository'] {
  if (repository === undefined) {
    if (repositoryTokenFile === undefined) return undefined;
    throw new RangeError('is needed with --repository-token-file, got none');
  }
  // The published server's configuration has addresses without a scheme as well.
  const text = /^[a-z]+:\/\//i.test(repository) ? repository : `http://${repository}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new RangeError(
      `must be the base URL of a repository, e.g. http://repository:9012, got '${repository}'`,
    );
  }
  return { url: url.href.replace(/\/+$/, ''), tokenFile: repositoryTokenFile };
}

function toTls({ tlsCert, tlsKey, tlsClientCa }: RuntimeOptions): CompiledRuntimeOptions['tls'] {
  if (tlsCert === undefined && tlsKey === undefined) {
    if (tlsClientCa === undefined) return undefined;
    throw new RangeError('are needed with --tls-client-ca, got neither');
  }
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new RangeError(`are needed together, got only --tls-${tlsCert === undefined ? 'key' : 'cert'}`);
  }
  return { certificateFile: tlsCert, keyFile: tlsKey, clientAuthorityFile: tlsClientCa };
}

function toHttpTls(text: string, { tlsCert }: RuntimeOptions): boolean {
  if (oneOf(text, ['on', 'off'] as const) === 'off') return false;
  if (tlsCert !== undefined) return true;
  throw new RangeError("needs --tls-cert and --tls-key to be 'on', got neither");
}

/** What a message may have at most: more than this grpc-js and its clients are not told to take. */
const LARGEST_MESSAGE_BYTES = 512 * 1024 * 1024;

function parseMessageSize(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes >= 1 && bytes <= LARGEST_MESSAGE_BYTES) return bytes;
  throw new RangeError(`must be 1B to 512MiB, got '${text}'`);
}
