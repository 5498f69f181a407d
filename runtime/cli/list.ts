import Table from 'cli-table3';
import { Option, type Command } from 'commander';
import { addOptions } from '../../contracts/program/options';
import { type RemoteComponent, type RepositoryClient } from '../components/repository-client';
import { COMPONENT_KINDS, type ComponentKind } from '../../contracts/package/component-manifest';
import {
  REPOSITORY_OPTIONS,
  openRepository,
  parseKind,
  type RepositoryCommandOptions,
} from './repository-options';

interface ListOptions extends RepositoryCommandOptions {
  readonly search?: string;
  readonly json?: boolean;
}

/** `mis list`: what a repository has. */
export function addListCommand(program: Command): void {
  const command = program
    .command('list')
    .description('list the components of a repository')
    .argument('[kind]', 'model, transformation, inferencer or service; default: all')
    .addOption(new Option('--search <text>', 'only those with this text in name or description'))
    .addOption(new Option('--json', 'one line of JSON for each, with all that is known of it'));
  addOptions(command, REPOSITORY_OPTIONS).action(
    async (kindText: string | undefined, options: ListOptions) => {
      const repository = openRepository(options);
      const kinds = kindText === undefined ? COMPONENT_KINDS : [parseKind(kindText)];
      const found = await listKinds(repository, kinds, options.search);
      if (options.json) {
        for (const [kind, component] of found)
          process.stdout.write(`${JSON.stringify({ kind, ...component })}\n`);
      } else {
        process.stdout.write(found.length === 0 ? 'nothing found\n' : `${toTable(found)}\n`);
      }
    },
  );
}

type Found = readonly [ComponentKind, RemoteComponent];

async function listKinds(
  repository: RepositoryClient,
  kinds: readonly ComponentKind[],
  search: string | undefined,
): Promise<Found[]> {
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const components = await repository.list(kind, search === undefined ? {} : { q: search });
      return components.map((component): Found => [kind, component]);
    }),
  );
  return lists.flat();
}

function toTable(found: readonly Found[]): string {
  const table = new Table({
    head: ['kind', 'name', 'version', 'size', 'digest', 'signer'],
    // No colours into a pipe.
    style: process.stdout.isTTY ? { head: [] } : { head: [], border: [] },
  });
  for (const [kind, component] of found) {
    table.push([
      kind,
      component.model_name ?? component.id ?? '',
      component.model_version ?? component.package_version ?? '',
      describeSize(component),
      component.sha256?.slice(0, 12) ?? '',
      component.signer?.slice(0, 'ed25519:'.length + 12) ?? '',
    ]);
  }
  return table.toString();
}

function describeSize({ size, model_id, storage_id, opaque }: RemoteComponent): string {
  if (size === null || size === undefined) return (model_id ?? storage_id) ? 'stored' : 'no package';
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, size)) / 3));
  const text = `${(size / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
  return opaque ? `${text}, opaque` : text;
}
