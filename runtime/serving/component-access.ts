import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ComponentFetcher, type FetchOutcome } from '../components/component-fetcher';
import { RepositoryClient } from '../components/repository-client';
import { TrustedKeys } from '../components/trust/verify';
import { type CompiledRuntimeOptions } from '../config/runtime-options';
import { type ComponentKind } from '../../contracts/package/component-manifest';
import { ConfigurationError, messageOf } from '../../contracts/program/problem';
import { type Logger } from '../../contracts/program/logger';

/** How components that are in no local directory are had. */
export interface ComponentAccess {
  readonly fetcher?: ComponentFetcher;
  readonly trustedKeys: TrustedKeys;
}

type AccessOptions = Pick<CompiledRuntimeOptions, 'components' | 'repository' | 'trustedKeys'> & {
  /** Longest wait at the start for a repository that is away. Default: none. */
  readonly repositoryWaitMs?: number;
};

/** @throws ConfigurationError when a key or the token cannot be read. */
export function openComponentAccess(
  options: AccessOptions,
  log: Logger,
  onOutcome?: (kind: ComponentKind, outcome: FetchOutcome) => void,
): ComponentAccess {
  const trustedKeys = attempt('--trusted-keys', () => TrustedKeys.read(options.trustedKeys));
  const { repository } = options;
  if (repository === undefined) return { trustedKeys };
  const { tokenFile } = repository;
  const token =
    tokenFile === undefined
      ? undefined
      : attempt('--repository-token-file', () => readFileSync(tokenFile, 'utf8').trim());
  const client = new RepositoryClient(repository.url, { token });
  const { components, repositoryWaitMs: waitMs } = options;
  const fetcher = new ComponentFetcher(client, keepIn(components), log, { waitMs, onOutcome });
  return { trustedKeys, fetcher };
}

/** Fetched components are kept in the first local directory, or in the user's cache where none is given. */
function keepIn([first]: readonly string[]): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return first ?? join(cache, 'modular-inference-stack', 'components');
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ConfigurationError('', [{ path, message: messageOf(error) }]);
  }
}
