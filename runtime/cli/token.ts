import { type Command } from 'commander';
import { messageOf } from '../../contracts/program/problem';
import { createToken } from '../../contracts/program/token-file';
import { UsageError } from '../../contracts/program/usage-error';
import { PIPELINE_RIGHTS } from '../access/caller';

/** `mis token`: makes a token for `mis serve --tokens`. */
export function addTokenCommand(program: Command): void {
  program
    .command('token')
    .description('make a bearer token and its line for the file of mis serve --tokens')
    .argument('<name>', 'whose token it is, e.g. camera-1')
    .argument('[pipelines...]', 'pipelines that it allows; default: * (all)')
    .action((name: string, pipelines: string[]) => {
      const { token, line } = create(name, pipelines.length === 0 ? ['*'] : pipelines);
      process.stdout.write(`token (shown once): ${token}\nline for the file:  ${line}\n`);
    });
}

function create(name: string, pipelines: readonly string[]): { token: string; line: string } {
  try {
    return createToken(name, pipelines.join(','), PIPELINE_RIGHTS);
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}
