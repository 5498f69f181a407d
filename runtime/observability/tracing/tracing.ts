import { type Tracer } from '@opentelemetry/api';
import { type BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { type TracingOptions } from '../../config/observability-options';
import { type Logger } from '../../../contracts/program/logger';
import { redactUri } from '../../../contracts/values/redacted-uri';
import { endsWithin } from '../../../contracts/program/within';
import { StreamTrace, type TracedStream } from './stream-trace';
import { WatchedExporter, type CountSpans } from './watched-exporter';

/** Service name of the traces, unless OTEL_SERVICE_NAME sets it. */
const SERVICE_NAME = 'modular-inference-stack';
/** Longest wait for the last spans when the server stops. */
const CLOSE_MS = 2000;

/**
 * OpenTelemetry traces. Spans are sent in batches, in the background; at most OTEL_BSP_MAX_QUEUE_SIZE wait, and more are
 * dropped. Sampler and resource follow OpenTelemetry's environment variables.
 */
export class Tracing {
  private constructor(
    private readonly provider: BasicTracerProvider,
    private readonly tracer: Tracer,
  ) {}

  /** Imports OpenTelemetry here, so that servers without tracing start without it. */
  static async open({ url }: TracingOptions, count: CountSpans, log: Logger): Promise<Tracing> {
    const [{ BasicTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, resources] = await Promise.all(
      [
        import('@opentelemetry/sdk-trace-base'),
        import('@opentelemetry/exporter-trace-otlp-http'),
        import('@opentelemetry/resources'),
      ],
    );
    const { defaultResource, detectResources, envDetector, resourceFromAttributes } = resources;
    const exporter = new WatchedExporter(new OTLPTraceExporter({ url }), redactUri(url), count, log);
    const provider = new BasicTracerProvider({
      resource: defaultResource()
        .merge(resourceFromAttributes({ 'service.name': SERVICE_NAME }))
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
    return new Tracing(provider, provider.getTracer(SERVICE_NAME));
  }

  /** `undefined` if no message of the stream is traced. */
  stream(stream: TracedStream): StreamTrace | undefined {
    return StreamTrace.open(this.tracer, stream);
  }

  /** Sends the remaining spans, for at most two seconds. */
  async close(): Promise<void> {
    await endsWithin(
      this.provider.shutdown().catch(() => undefined),
      CLOSE_MS,
    );
  }
}
