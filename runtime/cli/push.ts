import { Option, type Command } from 'commander';
import { addOptions } from '../../contracts/program/options';
import { withLocalPackage, type LocalPackage } from '../components/local-package';
import { type RemoteReference } from '../components/repository-client';
import { readPrivateKey } from '../components/trust/key-file';
import { signComponent } from '../components/trust/sign';
import { readSignatureFile, signatureFileOf } from '../components/trust/signature-file';
import {
  REPOSITORY_OPTIONS,
  openRepository,
  parseKind,
  type RepositoryCommandOptions,
} from './repository-options';
import { requirePaths } from '../../contracts/program/run-program';

interface PushOptions extends RepositoryCommandOptions {
  readonly name?: string;
  readonly version?: string;
  readonly description?: string;
  readonly library?: string;
  readonly sign?: string;
}

/** `mis push`: sends a component to a repository. */
export function addPushCommand(program: Command): void {
  // so that `--version` after the command is the component's
  program.enablePositionalOptions();
  const command = program
    .command('push')
    .description(
      'send a component to a repository: a model file, a package, or a directory with a component.json',
    )
    .argument('<kind>', 'model, transformation, inferencer or service')
    .argument('<path>', 'file, or directory that is packed')
    .addOption(new Option('--name <name>', 'name or id; default: what component.json says'))
    .addOption(new Option('--version <version>', 'version; default: what component.json says'))
    .addOption(new Option('--description <text>', 'what it is for'))
    .addOption(
      new Option('--library <name>', 'engine of a model or an inferencer; default of a .onnx file: onnx'),
    )
    .addOption(
      new Option('--sign <key>', "sign with this private key; default: the signature in '<path>.sig'"),
    );
  addOptions(command, REPOSITORY_OPTIONS).action(async (kind: string, path: string, options: PushOptions) => {
    const repository = openRepository(options);
    const naming = { kind: parseKind(kind), name: options.name, version: options.version };
    requirePaths([path, ...(options.sign === undefined ? [] : [options.sign])]);
    await withLocalPackage(path, naming, async (local) => {
      const { identity, file, fileName } = local;
      const signature =
        options.sign === undefined
          ? readSignatureFile(signatureFileOf(path), identity)
          : signComponent(identity, readPrivateKey(options.sign));
      const reference = referenceOf(local);
      const meta = metaOf(local, options);
      const created = await repository.register(reference, meta);
      if (!created && (options.description ?? options.library) !== undefined) {
        await repository.describe(reference, meta);
      }
      await repository.upload(reference, file, { sha256: identity.sha256, signature, fileName });
      tell(local, repository.url, signature?.signer);
    });
  });
}

function referenceOf({ identity: { kind, name, version } }: LocalPackage): RemoteReference {
  return kind === 'model' ? { kind, name, version } : { kind, name };
}

function metaOf(
  { manifest, fileName, identity }: LocalPackage,
  options: PushOptions,
): Record<string, unknown> {
  const ofFile = fileName.endsWith('.onnx') ? 'onnx' : undefined;
  const library = options.library ?? manifest?.library ?? ofFile;
  const description = options.description ?? manifest?.description;
  const named = identity.kind === 'model' || identity.kind === 'inferencer' ? { library } : {};
  return { description, ...named };
}

function tell({ identity, size }: LocalPackage, url: string, signer: string | undefined): void {
  const { kind, name, version, sha256 } = identity;
  process.stdout.write(
    `pushed ${[kind, name, version].filter(Boolean).join(' ')} to ${url}\n` +
      `  ${size} bytes, ${signer === undefined ? 'not signed' : `signed by ${signer}`}\n` +
      `  to pin it in a document: digest: sha256:${sha256}\n`,
  );
}
