import { type Command } from 'commander';
import { COMPONENT_KINDS, type ComponentKind } from '../../contracts/package/component-manifest';
import { RepositoryClient } from '../components/repository-client';
import { option } from '../../contracts/program/run-program';
import { UsageError } from '../../contracts/program/usage-error';

/** Options of the commands that speak with a repository. */
export interface RepositoryCommandOptions {
  readonly repository?: string;
  readonly token?: string;
}

/** Adds `--repository` and `--token` to a command. */
export function addRepositoryOptions(command: Command): Command {
  return command
    .addOption(option('--repository <url>', 'component repository; also REPOSITORY_ADDRESS'))
    .addOption(option('--token <token>', 'bearer token of the repository'));
}

/** @throws UsageError without an address, or with one that is none. */
export function openRepository({ repository, token }: RepositoryCommandOptions): RepositoryClient {
  const url = repository ?? process.env.REPOSITORY_ADDRESS;
  if (url === undefined || url === '') {
    throw new UsageError(
      'no repository: name it by --repository <url>, MIS_REPOSITORY or REPOSITORY_ADDRESS',
    );
  }
  const address = /^https?:\/\//.test(url) ? url : `http://${url}`;
  if (!URL.canParse(address)) throw new UsageError(`--repository must be a URL, got '${url}'`);
  return new RepositoryClient(address, { token });
}

/** @throws UsageError */
export function parseKind(text: string): ComponentKind {
  const kind = COMPONENT_KINDS.find((name) => name === text);
  if (!kind) throw new UsageError(`a kind is one of ${COMPONENT_KINDS.join(', ')}, got '${text}'`);
  return kind;
}
