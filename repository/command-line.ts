import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { createToken, SCOPES, type Scope } from './access/tokens';
import { compileRepositoryOptions, OPTIONS, type OptionName, type RepositoryOptions } from './config';
import { messageOf, StartError } from './errors';
import { createLogger } from './operation/logger';
import { RepositoryServer } from './repository-server';
import { describeLocation } from './store/store-location';

const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

/** Runs `mis-repository` to its exit code: 0, 1 when it failed, 2 when it was called wrongly or could not start. */
export async function runRepository(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    process.stderr.write(`mis-repository: ${messageOf(error).replace(/^error: /, '')}\n`);
    return error instanceof CommanderError || error instanceof StartError ? EXIT.usage : EXIT.failure;
  }
}

function createProgram(): Command {
  const program = new Command('mis-repository')
    .description(
      'Stores components and serves them to runtimes. Every option is also an environment variable: --http is MIS_HTTP.',
    )
    .version(readVersion());
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    const definition: { flags: string; description: string; default?: string } = OPTIONS[name];
    const option = new Option(definition.flags, describe(definition));
    program.addOption(option);
  }
  program.action(() => serve({ ...readEnvironment(process.env), ...program.opts<RepositoryOptions>() }));
  program
    .command('token')
    .description('make a token: prints it, and its line for the file of --tokens')
    .argument('<name>', 'who it is for')
    .addOption(new Option('--scope <scope>', 'what it allows').choices(SCOPES).default('read'))
    .action((name: string, { scope }: { scope: Scope }) => {
      if (!/^[A-Za-z0-9._@-]{1,64}$/.test(name)) {
        throw new StartError(`a name is letters, digits and . _ @ -, at most 64, got '${name}'`);
      }
      const { token, line } = createToken(name, scope);
      process.stdout.write(`token (shown once): ${token}\nline of the file: ${line}\n`);
    });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: () => undefined });
  }
  return program;
}

function describe(definition: { description: string; default?: string }): string {
  return definition.default === undefined
    ? definition.description
    : `${definition.description} (default: ${definition.default})`;
}

/** Options from the environment: `--read-only` is MIS_READ_ONLY, and so on. */
export function readEnvironment(environment: NodeJS.ProcessEnv): RepositoryOptions {
  return Object.fromEntries(
    (Object.keys(OPTIONS) as OptionName[]).flatMap((name) => {
      const value = environment[variableOf(name)];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

export function variableOf(name: OptionName): string {
  return `MIS_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Serves until a signal asks it to stop. */
async function serve(options: RepositoryOptions): Promise<void> {
  const compiled = compileRepositoryOptions(options);
  const logger = createLogger(compiled.logLevel);
  const stopped = nextSignal();
  const server = await RepositoryServer.start(compiled, { logger, version: readVersion() });
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

/** Listened for from the first moment, so that a stop during the start is not lost. */
function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
}

function readVersion(): string {
  // the same relative place from the sources and, one folder deeper, from lib/
  for (const up of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(join(__dirname, up), 'utf8')) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}
