import { type Command } from 'commander';
import { formatMib, parseByteSize } from '../../contracts/values/byte-size';
import { DEFAULT_RUNTIME_OPTIONS, type CompiledRuntimeOptions } from '../config/runtime-options';
import { readMemoryLimit } from '../machine/memory-limit';
import { planMemory } from '../machine/memory-plan';
import { createLogger } from '../../contracts/program/logger';
import { InferenceServer } from '../server';
import { addAccessOptions } from './access-options';
import { compileOptions } from './compile-options';
import { addComponentOptions } from './component-options';
import { addConnectionFlags } from './connection-flags';
import { exitNow } from './exit-now';
import { addObservabilityOptions } from './observability-options';
import { option } from '../../contracts/program/run-program';

/** `mis serve`: serves until it is told to stop. */
export function addServeCommand(program: Command): void {
  const { grpc, http, drainTimeout, maxMessage, logLevel, httpTls, reload } = DEFAULT_RUNTIME_OPTIONS;
  const command = program
    .command('serve')
    .description('serve pipelines over gRPC')
    .argument('<path...>', 'pipeline documents (YAML, JSON) or reference configuration directories')
    .addOption(option('--grpc <host:port>', 'address of the gRPC services').default(grpc))
    .addOption(option('--http <host:port>', 'address of metrics and health').default(http))
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
    .addOption(
      option('--http-tls <mode>', 'on: metrics and health over TLS, too, with the same certificate').default(
        httpTls,
      ),
    )
    .addOption(option('--reload <mode>', 'watch: swap a changed pipeline in; off: do not').default(reload))
    .action(async (paths: string[], given: Record<string, string>, called: Command) => {
      await serve(compileOptions(paths, fitSizes(called, given)));
    });
  addComponentOptions(command);
  addConnectionFlags(command);
  addObservabilityOptions(addAccessOptions(command));
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

/** Serves until SIGTERM or SIGINT; a second signal ends it at once. */
async function serve(options: CompiledRuntimeOptions): Promise<void> {
  const log = createLogger(options.logLevel);
  // Whatever it was that failed with nobody to hear it, the streams that are open have nothing to do with it.
  process.on('unhandledRejection', (error) =>
    log.error({ error }, 'a promise was rejected and nobody handled it'),
  );
  const running: { server?: InferenceServer } = {};
  const stopped = new Promise<void>((resolve, reject) => {
    let signals = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      signals += 1;
      const { server } = running;
      if (signals > 1 || server === undefined || server.lifecycle.state === 'starting') {
        log.warn({ signal }, 'ended at once');
        exitNow(signals > 1 ? 1 : 0);
      }
      server?.stop().then(resolve, reject);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
  // Before it is asked to: without a listener the signal would end the process.
  process.on('SIGHUP', () => void running.server?.reloadCredentials());
  running.server = await InferenceServer.open(options, log);
  await running.server.start();
  await stopped;
}
