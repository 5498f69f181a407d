import { refuse, requireInstance, requireNumber } from '../private/checks';
import { Peer } from '../network/peer';
import { type PodAddition } from './pod-addition';

export interface TracesOptions {
  /** Who the collector is, for the server's NetworkPolicy. */
  readonly collector: Peer;
  /**
   * Share of the requests to trace, from 0 to 1, where the caller sends no span; a caller's span decides itself.
   *
   * @default 1
   */
  readonly ratio?: number;
}

/** Destination of a server's traces (OpenTelemetry, OTLP over HTTP). */
export class Traces {
  /** @param url base URL of the collector, e.g. `http://collector.observability:4318` */
  static to(url: string, options: TracesOptions): Traces {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol) || parsed.password !== '') {
      refuse('Traces.to', 'url', url, 'the URL of a collector, e.g. http://collector.observability:4318');
    }
    requireInstance('Traces.to', 'collector', options?.collector, Peer, "Peer.namespace('observability')");
    if (options.ratio !== undefined) requireNumber('Traces.to', 'ratio', options.ratio, 0, 1);
    const port = parsed.port === '' ? (parsed.protocol === 'https:' ? 443 : 80) : Number(parsed.port);
    return new Traces(url, port, options);
  }

  private constructor(
    readonly url: string,
    /** @internal */
    readonly _port: number,
    private readonly options: TracesOptions,
  ) {}

  /** @internal */
  get _collector(): Peer {
    return this.options.collector;
  }

  /** @internal */
  _toPod(service: string): PodAddition {
    const { ratio } = this.options;
    return {
      arguments: ['--otlp-endpoint', this.url],
      environment: {
        OTEL_SERVICE_NAME: service,
        ...(ratio !== undefined && {
          OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
          OTEL_TRACES_SAMPLER_ARG: String(ratio),
        }),
      },
    };
  }
}
