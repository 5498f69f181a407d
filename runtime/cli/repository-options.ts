import { COMPONENT_KINDS, type ComponentKind } from '../../contracts/package/component-manifest';
import { type OptionTable } from '../../contracts/program/options';
import { UsageError } from '../../contracts/program/usage-error';
import { redactUri } from '../../contracts/values/redacted-uri';
import { RepositoryClient } from '../components/repository-client';

/** Options of the commands that call a repository. */
export const REPOSITORY_OPTIONS = {
  repository: {
    flags: '--repository <url>',
    description: 'component repository; also REPOSITORY_ADDRESS',
    otherVariable: 'REPOSITORY_ADDRESS',
  },
  token: { flags: '--token <token>', description: 'bearer token of the repository' },
} as const satisfies OptionTable;

export interface RepositoryCommandOptions {
  readonly repository?: string;
  readonly token?: string;
}

/** @throws UsageError without an address, or with a bad one. */
export function openRepository({ repository: url, token }: RepositoryCommandOptions): RepositoryClient {
  if (url === undefined || url === '') {
    throw new UsageError(
      'no repository: name it by --repository <url>, MIS_REPOSITORY or REPOSITORY_ADDRESS',
    );
  }
  const address = /^https?:\/\//.test(url) ? url : `http://${url}`;
  if (!URL.canParse(address)) {
    throw new UsageError(`--repository must be a URL, got '${redactUri(address)}'`);
  }
  const { username, password } = new URL(address);
  if (username !== '' || password !== '') {
    throw new UsageError(
      `--repository takes no user and password (but --token), got '${redactUri(address)}'`,
    );
  }
  return new RepositoryClient(address, { token });
}

/** @throws UsageError */
export function parseKind(text: string): ComponentKind {
  const kind = COMPONENT_KINDS.find((name) => name === text);
  if (!kind) throw new UsageError(`a kind is one of ${COMPONENT_KINDS.join(', ')}, got '${text}'`);
  return kind;
}
