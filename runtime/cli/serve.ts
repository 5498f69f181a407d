import { type Command } from 'commander';
import { createLogger } from '../../contracts/program/logger';
import { addOptions } from '../../contracts/program/options';
import { formatMib, parseByteSize } from '../../contracts/values/byte-size';
import { SERVE_OPTIONS, type CompiledRuntimeOptions } from '../config/runtime-options';
import { readMemoryLimit } from '../machine/memory-limit';
import { planMemory } from '../machine/memory-plan';
import { InferenceServer } from '../server';
import { compileOptions, type PipelineCommandOptions } from './compile-options';
import { exitNow } from './exit-now';

/** `mis serve`: serves until a signal asks it to stop. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('serve pipelines over gRPC')
    .argument(
      '<path...>',
      'pipeline documents (YAML, JSON), folders with a pipeline.yaml, ONNX models, or reference configuration directories',
    )
    .action(async (paths: string[], given: PipelineCommandOptions, called: Command) => {
      await serve(compileOptions(paths, fitSizes(called, given)));
    });
  addOptions(command, SERVE_OPTIONS);
}

/** In a container with a memory limit, the defaults of sizes are cut to what fits. */
function fitSizes(command: Command, given: PipelineCommandOptions): PipelineCommandOptions {
  const limitBytes = readMemoryLimit();
  if (limitBytes === undefined) return given;
  const { inFlightBytes } = planMemory(limitBytes);
  const fitted = (['maxMessage', 'maxUnread'] as const)
    .filter((name) => command.getOptionValueSource(name) === 'default')
    .map((name) => [name, Math.min(parseByteSize(SERVE_OPTIONS[name].default), inFlightBytes)] as const);
  return { ...given, ...Object.fromEntries(fitted.map(([name, bytes]) => [name, formatMib(bytes)])) };
}

/** Serves until SIGTERM or SIGINT; a second signal ends it at once. */
async function serve(options: CompiledRuntimeOptions): Promise<void> {
  const log = createLogger(options.logLevel);
  // An unhandled rejection must not end the open streams, which are not its cause.
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
  // Set before the start: without a listener the signal would end the process.
  process.on('SIGHUP', () => void running.server?.reloadCredentials());
  running.server = await InferenceServer.open(options, log);
  await running.server.start();
  await stopped;
}
