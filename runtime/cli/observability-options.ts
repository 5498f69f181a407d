import { type Command } from 'commander';
import { ConfigurationError } from '../../contracts/program/problem';
import { type ObservabilityOptions } from '../config/observability-options';
import { option } from '../../contracts/program/run-program';

/** Options of `mis serve` about what it tells of itself. */
export function addObservabilityOptions(command: Command): Command {
  return command
    .addOption(option('--metrics <host:port>', 'address of the metrics; default: that of --http'))
    .addOption(
      option(
        '--otlp-endpoint <url>',
        'send traces to this OpenTelemetry collector (OTLP over HTTP); also OTEL_EXPORTER_OTLP_ENDPOINT',
      ),
    )
    .addOption(option('--slow-request <duration>', 'log requests that take longer, e.g. 500ms'));
}

/**
 * What OpenTelemetry's own environment variables say; an option goes first.
 * @throws ConfigurationError for a protocol that there is not.
 */
export function readTelemetryEnvironment(
  given: Readonly<Record<string, string | undefined>>,
  environment: NodeJS.ProcessEnv,
): ObservabilityOptions {
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
