import { delimiter } from 'node:path';
import { type Command } from 'commander';
import { option } from '../../contracts/program/run-program';

/** Options of the commands that look for components: where they are, and whose may be fetched and run. */
export function addComponentOptions(command: Command): Command {
  return command
    .addOption(
      option(
        '--components <dir>',
        "local components, beside the documents' own; may be given again; fetched ones are kept in the first",
      ).argParser(gather),
    )
    .addOption(
      option(
        '--repository <url>',
        'component repository, for what is in no local directory; also REPOSITORY_ADDRESS',
      ),
    )
    .addOption(option('--repository-token-file <file>', 'bearer token for it'))
    .addOption(
      option(
        '--trusted-keys <file>',
        'public key (PEM) whose signatures make code from the repository run; may be given again',
      ).argParser(gather),
    );
}

/** Values of an option that may be given again, or hold several as PATH does. */
function gather(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), ...value.split(delimiter)];
}
