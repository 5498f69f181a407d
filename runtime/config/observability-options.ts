import { type OptionReader, type OptionTable } from '../../contracts/program/options';
import { parseAddress, type Address } from '../../contracts/values/address';
import { parseDurationMs } from '../../contracts/values/duration';
import { redactUri } from '../../contracts/values/redacted-uri';

/** Options of `mis serve` about metrics, traces and logs. */
export const OBSERVABILITY_OPTIONS = {
  metrics: { flags: '--metrics <host:port>', description: 'address of the metrics; default: that of --http' },
  otlpEndpoint: {
    flags: '--otlp-endpoint <url>',
    description:
      'send traces to this OpenTelemetry collector (OTLP over HTTP); also OTEL_EXPORTER_OTLP_ENDPOINT',
  },
  slowRequest: {
    flags: '--slow-request <duration>',
    description: 'log requests that take longer, e.g. 500ms',
  },
} as const satisfies OptionTable;

/** What OpenTelemetry's own environment variables say. */
export interface TelemetryEnvironment {
  /** Base URL of a collector, which `/v1/traces` is added to. */
  readonly otlpEndpoint?: string;
  /** The URL for traces itself, in place of the base URL. */
  readonly otlpTracesEndpoint?: string;
  /** `traceidratio` and the like, as OpenTelemetry names them. */
  readonly tracesSampler?: string;
  readonly tracesSamplerArgument?: string;
}

export interface CompiledObservabilityOptions {
  readonly metrics?: Address;
  readonly tracing?: TracingOptions;
  readonly slowRequestMs?: number;
}

export interface TracingOptions {
  /** Where spans are posted. */
  readonly url: string;
}

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
];

type Reader = OptionReader<typeof OBSERVABILITY_OPTIONS>;

export function compileObservabilityOptions(
  options: Reader,
  telemetry: TelemetryEnvironment,
): CompiledObservabilityOptions {
  const metrics = options.optional('metrics', parseAddress);
  const slowRequestMs = options.optional('slowRequest', (text) => parseDurationMs(text));
  const tracing = compileTracing(options, telemetry);
  return {
    ...(metrics && { metrics }),
    ...(slowRequestMs !== undefined && { slowRequestMs }),
    ...(tracing && { tracing }),
  };
}

function compileTracing(options: Reader, telemetry: TelemetryEnvironment): TracingOptions | undefined {
  const { otlpTracesEndpoint, tracesSampler, tracesSamplerArgument = '1' } = telemetry;
  const url =
    otlpTracesEndpoint !== undefined
      ? options.check('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', () => parseUrl(otlpTracesEndpoint))
      : options.optional('otlpEndpoint', (text) => `${parseUrl(text).replace(/\/+$/, '')}/v1/traces`);
  if (url === undefined) return undefined;
  if (tracesSampler !== undefined) {
    options.check('OTEL_TRACES_SAMPLER', () => {
      if (!SAMPLERS.includes(tracesSampler))
        throw new RangeError(`must be one of ${SAMPLERS.join(', ')}, got '${tracesSampler}'`);
    });
    options.check('OTEL_TRACES_SAMPLER_ARG', () => {
      const ratio = Number(tracesSamplerArgument);
      if (tracesSampler.endsWith('ratio') && !(tracesSamplerArgument !== '' && ratio >= 0 && ratio <= 1))
        throw new RangeError(`must be a number from 0 to 1, got '${tracesSamplerArgument}'`);
    });
  }
  return { url };
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol)) return url.href;
  throw new RangeError(`must be a URL, e.g. http://collector:4318, got '${redactUri(text)}'`);
}
