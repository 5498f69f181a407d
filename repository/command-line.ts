import { Command, Option } from 'commander';
import { createLogger } from '../contracts/program/logger';
import { addOptions } from '../contracts/program/options';
import { messageOf } from '../contracts/program/problem';
import { createToken } from '../contracts/program/token-file';
import { UsageError } from '../contracts/program/usage-error';
import { packageVersion } from '../contracts/program/package-root';
import { SCOPE_RIGHTS, SCOPES, type Scope } from './access/tokens';
import { compileRepositoryOptions, OPTIONS, type RepositoryOptions } from './config';
import { RepositoryServer } from './repository-server';
import { describeLocation } from './store/store-location';

/** The program `mis-repository`. */
export function createProgram(): Command {
  const program = new Command('mis-repository')
    .description(
      'Stores components and serves them to runtimes. Every option is also an environment variable: --http is MIS_HTTP.',
    )
    .version(packageVersion());
  addOptions(program, OPTIONS).action((given: RepositoryOptions) => serve(given));
  program
    .command('token')
    .description('make a token: prints it, and its line for the file of --tokens')
    .argument('<name>', 'who it is for')
    .addOption(new Option('--scope <scope>', 'what it allows').choices(SCOPES).default('read'))
    .action((name: string, { scope }: { scope: Scope }) => {
      const { token, line } = newToken(name, scope);
      process.stdout.write(`token (shown once): ${token}\nline of the file: ${line}\n`);
    });
  return program;
}

function newToken(name: string, scope: Scope): { token: string; line: string } {
  try {
    return createToken(name, scope, SCOPE_RIGHTS);
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

/** Serves until a signal asks it to stop. */
async function serve(options: RepositoryOptions): Promise<void> {
  const compiled = compileRepositoryOptions(options);
  const logger = createLogger(compiled.logLevel);
  const stopped = nextSignal();
  const server = await RepositoryServer.start(compiled, { logger, version: packageVersion() });
  process.on('SIGHUP', () => server.reloadTokens());
  logger.info(
    { http: server.address, store: describeLocation(compiled.store), readOnly: compiled.readOnly },
    'ready',
  );
  const signal = await stopped;
  logger.info({ signal, drainTimeoutMs: compiled.drainTimeoutMs }, 'stopping');
  await server.stop();
  logger.info('stopped');
}

/** Called before the start, so that a signal during it is not lost. */
function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
}
