import { ConfigurationError } from '../../contracts/program/problem';
import { requirePaths } from '../../contracts/program/run-program';
import { UsageError } from '../../contracts/program/usage-error';
import { type TelemetryEnvironment } from '../config/observability-options';
import {
  compileRuntimeOptions,
  type CompiledRuntimeOptions,
  type RuntimeOptions,
} from '../config/runtime-options';

/** Options of a command that takes pipelines, as the command line and MIS_* variables give them. */
export type PipelineCommandOptions = Omit<RuntimeOptions, 'paths'>;

/**
 * The options checked, with OpenTelemetry's variables and defaults filled in.
 * @throws UsageError for a bad value, and for a path where nothing is
 */
export function compileOptions(
  paths: readonly string[],
  given: PipelineCommandOptions,
): CompiledRuntimeOptions {
  const options = compile(paths, given);
  // With a repository the directory is made when something is fetched.
  requirePaths([...options.paths, ...(options.repository === undefined ? options.components : [])]);
  requirePaths(credentialFiles(options));
  return options;
}

/** A missing file of certificates, tokens or keys is a wrong call; one with wrong contents fails at start. */
function credentialFiles({ tls, access }: CompiledRuntimeOptions): string[] {
  return [
    tls?.certificateFile,
    tls?.keyFile,
    tls?.clientAuthorityFile,
    access?.tokenFile,
    access?.jwt?.keyFile,
  ].filter((file) => file !== undefined);
}

function compile(paths: readonly string[], given: PipelineCommandOptions): CompiledRuntimeOptions {
  try {
    const telemetry = readTelemetryEnvironment(given, process.env);
    return compileRuntimeOptions({ ...given, ...telemetry, paths });
  } catch (error) {
    throw error instanceof ConfigurationError ? new UsageError(error.message) : error;
  }
}

/**
 * OpenTelemetry's own environment variables; `--otlp-endpoint` goes first.
 * @throws ConfigurationError for an unknown protocol
 */
export function readTelemetryEnvironment(
  given: Pick<PipelineCommandOptions, 'otlpEndpoint'>,
  environment: NodeJS.ProcessEnv,
): TelemetryEnvironment {
  const variable = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const isOff = variable('OTEL_SDK_DISABLED') === 'true' || variable('OTEL_TRACES_EXPORTER') === 'none';
  const named = given.otlpEndpoint;
  const traces = variable('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const base = variable('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (named === undefined && (isOff || (traces ?? base) === undefined)) return {};
  const [name, protocol] = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']
    .map((key) => [key, variable(key)] as const)
    .find(([, value]) => value !== undefined) ?? ['', undefined];
  // A collector takes JSON where it takes protobuf over HTTP, on the same port.
  if (protocol !== undefined && !['http/json', 'http/protobuf'].includes(protocol)) {
    const message = `must be http/json (which is sent) or http/protobuf, got '${protocol}'`;
    throw new ConfigurationError('', [{ path: name, message }]);
  }
  return {
    ...(named !== undefined ? { otlpEndpoint: named } : { otlpTracesEndpoint: traces, otlpEndpoint: base }),
    tracesSampler: variable('OTEL_TRACES_SAMPLER'),
    tracesSamplerArgument: variable('OTEL_TRACES_SAMPLER_ARG'),
  };
}
