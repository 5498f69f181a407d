import { existsSync } from 'node:fs';
import { type Command } from 'commander';
import { generateKey } from '../components/trust/keygen';
import { UsageError } from '../../contracts/program/usage-error';

/** `mis keygen`: makes a key pair to sign components with. */
export function addKeygenCommand(program: Command): void {
  program
    .command('keygen')
    .description('make a key pair: <file> signs components, runtimes trust <file>.pub (--trusted-keys)')
    .argument('<file>', 'where the private key is written')
    .action((file: string) => {
      for (const path of [file, `${file}.pub`]) {
        if (existsSync(path))
          throw new UsageError(`${path} is there already, and a key is never written over`);
      }
      const { privateKeyFile, publicKeyFile, keyId } = generateKey(file);
      process.stdout.write(
        `private key: ${privateKeyFile} (keep it to yourself)\npublic key:  ${publicKeyFile}\nkey id:      ${keyId}\n`,
      );
    });
}
