import { Option, type Command } from 'commander';
import { addOptions } from '../../contracts/program/options';
import { withLocalPackage } from '../components/local-package';
import { readPrivateKey } from '../components/trust/key-file';
import { signComponent } from '../components/trust/sign';
import { signatureFileOf, writeSignatureFile } from '../components/trust/signature-file';
import {
  REPOSITORY_OPTIONS,
  openRepository,
  parseKind,
  type RepositoryCommandOptions,
} from './repository-options';
import { requirePaths } from '../../contracts/program/run-program';

interface SignOptions extends RepositoryCommandOptions {
  readonly key: string;
  readonly name?: string;
  readonly version?: string;
  readonly attach?: boolean;
}

/** `mis sign`: signs a local package; `--attach` adds the signature to the stored one. */
export function addSignCommand(program: Command): void {
  // so that `--version` after the command is the component's
  program.enablePositionalOptions();
  const command = program
    .command('sign')
    .description("sign a component: writes '<path>.sig', which mis push sends along")
    .argument('<kind>', 'model, transformation, inferencer or service')
    .argument('<path>', 'file or directory, as for mis push')
    .addOption(new Option('--key <key>', 'private key').makeOptionMandatory())
    .addOption(new Option('--name <name>', 'name or id; default: what component.json says'))
    .addOption(new Option('--version <version>', 'version; default: what component.json says'))
    .addOption(
      new Option('--attach', 'attach it to the package that the repository has, which must be the same'),
    );
  addOptions(command, REPOSITORY_OPTIONS).action(async (kind: string, path: string, options: SignOptions) => {
    const repository = options.attach ? openRepository(options) : undefined;
    const naming = { kind: parseKind(kind), name: options.name, version: options.version };
    requirePaths([path, options.key]);
    await withLocalPackage(path, naming, async ({ identity }) => {
      const signature = signComponent(identity, readPrivateKey(options.key));
      const file = signatureFileOf(path);
      writeSignatureFile(file, identity, signature);
      await repository?.sign(identity, identity.sha256, signature);
      const attached = repository ? `, and attached it in ${repository.url}` : '';
      process.stdout.write(`signed sha256:${identity.sha256} as ${signature.signer}: ${file}${attached}\n`);
    });
  });
}
