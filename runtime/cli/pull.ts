import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { addOptions } from '../../contracts/program/options';
import { ComponentError } from '../../contracts/package/component-error';
import { downloadPackage } from '../components/download-package';
import { type RemoteComponent } from '../components/repository-client';
import { type ComponentSignature } from '../../contracts/package/component-identity';
import { TrustedKeys } from '../components/trust/verify';
import { type ComponentKind } from '../../contracts/package/component-manifest';
import {
  REPOSITORY_OPTIONS,
  openRepository,
  parseKind,
  type RepositoryCommandOptions,
} from './repository-options';
import { UsageError } from '../../contracts/program/usage-error';

interface PullOptions extends RepositoryCommandOptions {
  readonly output?: string;
  readonly digest?: string;
  readonly trust?: string[];
}

/** `mis pull`: fetches a package, verified. */
export function addPullCommand(program: Command): void {
  const command = program
    .command('pull')
    .description('fetch the package of a component; it is written only when its digest is right')
    .argument('<kind>', 'model, transformation, inferencer or service')
    .argument('<name>', 'name or id')
    .argument('[version]', 'version of a model')
    .addOption(new Option('--output <file>', 'where to write it; default: its own name, here'))
    .addOption(new Option('--digest <digest>', 'digest that it must have, sha256:…'))
    .addOption(new Option('--trust <key...>', 'public keys; it must be signed by one of them'));
  addOptions(command, REPOSITORY_OPTIONS).action(
    async (kindText: string, name: string, version: string | undefined, options: PullOptions) => {
      const kind = parseKind(kindText);
      if (kind === 'model' && version === undefined)
        throw new UsageError('a model is pulled by name and version');
      if (options.digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(options.digest)) {
        throw new UsageError(`--digest must be sha256: and 64 hexadecimal digits, got '${options.digest}'`);
      }
      const repository = openRepository(options);
      const reference = { kind, name, version };
      const component = await repository.find(reference);
      if (!component)
        throw new ComponentError(
          `${kind} ${[name, version].filter(Boolean).join(' ')} is not in ${repository.url}`,
        );
      const expected = options.digest?.slice('sha256:'.length) ?? component.sha256 ?? undefined;
      if (options.trust) verifySigned(options.trust, kind, name, version, component, expected);
      const output = options.output ?? defaultName(component, name, version);
      const { sha256, size } = await downloadPackage(repository, reference, output, {
        sha256: expected,
        onRetry: (reason, bytes) => process.stderr.write(`${reason}; going on after ${bytes} bytes\n`),
      });
      process.stdout.write(`pulled ${output}: ${size} bytes, sha256:${sha256}\n`);
    },
  );
}

/** What is signed is what is fetched: the download has to have the digest that was verified here. */
function verifySigned(
  trust: readonly string[],
  kind: ComponentKind,
  name: string,
  version: string | undefined,
  component: RemoteComponent,
  sha256: string | undefined,
): void {
  if (sha256 === undefined)
    throw new ComponentError(`the repository does not say the digest of ${kind} ${name}`);
  const { signature, signer } = component;
  const found: ComponentSignature | undefined = signature && signer ? { signature, signer } : undefined;
  const signedVersion = kind === 'model' ? (version ?? '') : (component.package_version ?? '');
  TrustedKeys.read(trust).verify({ kind, name, version: signedVersion, sha256 }, found);
}

function defaultName({ file_name }: RemoteComponent, name: string, version: string | undefined): string {
  // what a repository calls a file must not lead anywhere else
  const own = basename(file_name ?? '');
  return own === '' || own.startsWith('.') ? [name, version].filter(Boolean).join('-') : own;
}
