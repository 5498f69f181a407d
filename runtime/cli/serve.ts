import { delimiter } from 'node:path';
import { type Command } from 'commander';
import { formatMib, parseByteSize } from '../config/byte-size';
import {
  DEFAULT_RUNTIME_OPTIONS,
  compileRuntimeOptions,
  type CompiledRuntimeOptions,
} from '../config/runtime-options';
import { ConfigurationError } from '../errors';
import { readMemoryLimit } from '../machine/memory-limit';
import { planMemory } from '../machine/memory-plan';
import { createLogger } from '../observability/logger';
import { InferenceServer } from '../server';
import { addConnectionFlags } from './connection-flags';
import { exitNow } from './exit-now';
import { option, requirePaths } from './run-program';
import { UsageError } from './usage-error';

/** `mis serve`: serves until it is told to stop. */
export function addServeCommand(program: Command): void {
  const { grpc, http, drainTimeout, maxMessage, logLevel, reload } = DEFAULT_RUNTIME_OPTIONS;
  const command = program
    .command('serve')
    .description('serve pipelines over gRPC')
    .argument('<path...>', 'pipeline documents (YAML, JSON) or reference configuration directories')
    .addOption(option('--grpc <host:port>', 'address of the gRPC services').default(grpc))
    .addOption(option('--http <host:port>', 'address of metrics and health').default(http))
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
    )
    .addOption(
      option('--drain-timeout <duration>', 'longest wait for what is in flight at the end').default(
        drainTimeout,
      ),
    )
    .addOption(
      option('--max-message <size>', 'largest message that is received, e.g. 64MiB').default(maxMessage),
    )
    .addOption(
      option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent').default(logLevel),
    )
    .addOption(option('--tls-cert <file>', 'certificate chain (PEM): serve gRPC over TLS'))
    .addOption(option('--tls-key <file>', 'its private key (PEM)'))
    .addOption(
      option('--tls-client-ca <file>', 'authorities (PEM) of the certificates that clients must show'),
    )
    .addOption(option('--reload <mode>', 'watch: swap a changed pipeline in; off: do not').default(reload))
    .action(async (paths: string[], given: Record<string, string>, called: Command) => {
      const repository = given.repository ?? process.env.REPOSITORY_ADDRESS;
      const options = compile(paths, { ...fitSizes(called, given), repository });
      // With a repository the directory may be empty yet, or made when something is fetched.
      requirePaths([...options.paths, ...(options.repository === undefined ? options.components : [])]);
      await serve(options);
    });
  addConnectionFlags(command);
}

/** Sizes that the operator has not given, cut to what there is memory for. */
function fitSizes(command: Command, given: Record<string, string>): Record<string, string> {
  const limitBytes = readMemoryLimit();
  if (limitBytes === undefined) return given;
  const { inFlightBytes } = planMemory(limitBytes);
  const fitted = { ...given };
  for (const name of ['maxMessage', 'maxUnread']) {
    if (command.getOptionValueSource(name) !== 'default') continue;
    fitted[name] = formatMib(Math.min(parseByteSize(given[name]), inFlightBytes));
  }
  return fitted;
}

/** Values of an option that may be given again, or hold several as PATH does. */
function gather(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), ...value.split(delimiter)];
}

function compile(paths: readonly string[], given: Record<string, unknown>): CompiledRuntimeOptions {
  try {
    return compileRuntimeOptions({ ...given, paths });
  } catch (error) {
    throw error instanceof ConfigurationError ? new UsageError(error.message) : error;
  }
}

/** Serves until SIGTERM or SIGINT; a second signal ends it at once. */
async function serve(options: CompiledRuntimeOptions): Promise<void> {
  const log = createLogger(options.logLevel);
  // Whatever it was that failed with nobody to hear it, the streams that are open have nothing to do with it.
  process.on('unhandledRejection', (error) =>
    log.error({ error }, 'a promise was rejected and nobody handled it'),
  );
  const server = new InferenceServer(options, log);
  const stopped = new Promise<void>((resolve, reject) => {
    let signals = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      signals += 1;
      if (signals > 1 || server.lifecycle.state === 'starting') {
        log.warn({ signal }, 'ended at once');
        exitNow(signals > 1 ? 1 : 0);
      }
      server.stop().then(resolve, reject);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
  await server.start();
  await stopped;
}
