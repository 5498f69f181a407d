import { delimiter } from 'node:path';
import { type Command } from 'commander';
import {
  DEFAULT_RUNTIME_OPTIONS,
  compileRuntimeOptions,
  type CompiledRuntimeOptions,
} from '../config/runtime-options';
import { ConfigurationError } from '../errors';
import { createLogger } from '../observability/logger';
import { InferenceServer } from '../server';
import { exitNow } from './exit-now';
import { option, requirePaths } from './run-program';
import { UsageError } from './usage-error';

/** `mis serve`: serves until it is told to stop. */
export function addServeCommand(program: Command): void {
  const { grpc, http, drainTimeout, logLevel, reload } = DEFAULT_RUNTIME_OPTIONS;
  program
    .command('serve')
    .description('serve pipelines over gRPC')
    .argument('<path...>', 'pipeline documents (YAML, JSON) or reference configuration directories')
    .addOption(option('--grpc <host:port>', 'address of the gRPC services').default(grpc))
    .addOption(option('--http <host:port>', 'address of metrics and health').default(http))
    .addOption(
      option(
        '--components <dir>',
        "local components, beside the documents' own; may be given again",
      ).argParser((value: string, previous: string[] | undefined) => [
        ...(previous ?? []),
        ...value.split(delimiter),
      ]),
    )
    .addOption(
      option('--drain-timeout <duration>', 'longest wait for what is in flight at the end').default(
        drainTimeout,
      ),
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
    .action(async (paths: string[], given: Record<string, string>) => {
      const options = compile(paths, given);
      requirePaths([...options.paths, ...options.components]);
      await serve(options);
    });
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
