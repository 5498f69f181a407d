import { parseAddress, type Address } from '../../contracts/values/address';
import { parseDurationMs } from '../../contracts/values/duration';
import { type ReadOption } from './read-option';

/** What a server tells of itself: options of `mis serve` as a person writes them. */
export interface ObservabilityOptions {
  /** Address of the metrics, apart from that of `--http`. */
  readonly metrics?: string;
  /** Base URL of an OpenTelemetry collector (OTLP over HTTP) that traces are sent to. */
  readonly otlpEndpoint?: string;
  /** The URL for traces itself, in place of the base URL. */
  readonly otlpTracesEndpoint?: string;
  /** `traceidratio` and the like, as OpenTelemetry names them. */
  readonly tracesSampler?: string;
  readonly tracesSamplerArgument?: string;
  /** A request that takes longer is logged. */
  readonly slowRequest?: string;
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

export function compileObservabilityOptions(
  options: ObservabilityOptions,
  read: ReadOption,
): CompiledObservabilityOptions {
  const { metrics, slowRequest } = options;
  const address = metrics === undefined ? undefined : read('--metrics', () => parseAddress(metrics));
  const slowMs =
    slowRequest === undefined ? undefined : read('--slow-request', () => parseDurationMs(slowRequest));
  const tracing = compileTracing(options, read);
  return {
    ...(address && { metrics: address }),
    ...(slowMs !== undefined && { slowRequestMs: slowMs }),
    ...(tracing && { tracing }),
  };
}

function compileTracing(options: ObservabilityOptions, read: ReadOption): TracingOptions | undefined {
  const { otlpEndpoint, otlpTracesEndpoint, tracesSampler, tracesSamplerArgument = '1' } = options;
  const url =
    otlpTracesEndpoint !== undefined
      ? read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', () => parseUrl(otlpTracesEndpoint))
      : otlpEndpoint !== undefined
        ? read('--otlp-endpoint', () => `${parseUrl(otlpEndpoint).replace(/\/+$/, '')}/v1/traces`)
        : undefined;
  if (url === undefined) return undefined;
  if (tracesSampler !== undefined) {
    read('OTEL_TRACES_SAMPLER', () => {
      if (!SAMPLERS.includes(tracesSampler))
        throw new RangeError(`must be one of ${SAMPLERS.join(', ')}, got '${tracesSampler}'`);
    });
    read('OTEL_TRACES_SAMPLER_ARG', () => {
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
  throw new RangeError(`must be a URL, e.g. http://collector:4318, got '${text}'`);
}
