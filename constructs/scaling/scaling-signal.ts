import { Duration } from 'cdk8s';
import { refuse, requireInstance, requireInteger, requireNumber, requireText } from '../private/checks';
import { requireLabel } from '../private/names';
import { requireUrl } from '../private/urls';

export interface CpuSignalOptions {
  /**
   * Target mean usage of the requested amount, in percent.
   *
   * @default 70
   */
  readonly utilization?: number;
}

/** Where KEDA reads a signal from. */
export interface PrometheusSignalOptions {
  /**
   * Base URL of the Prometheus that scrapes the servers, e.g. `http://prometheus.monitoring:9090`.
   *
   * @default - the Prometheus of the {@link Monitoring} that has the workload among its targets; it admits KEDA
   */
  readonly prometheus?: string;
  /**
   * Namespace that KEDA runs in.
   *
   * @default keda
   */
  readonly kedaNamespace?: string;
}

export interface QueueTimeOptions extends PrometheusSignalOptions {
  /** Mean time that requests may wait for the model. */
  readonly target: Duration;
}

export interface QueryOptions extends PrometheusSignalOptions {
  /** PromQL that returns one number. */
  readonly query: string;
  /** Target value. */
  readonly target: number;
  /**
   * Whether the target is per pod, as for an amount of work. Otherwise the number is compared as it is, as for a time.
   *
   * @default true
   */
  readonly perPod?: boolean;
}

export interface PodsMetricOptions {
  /** Name of the metric in the custom metrics API, as the adapter serves it. */
  readonly metric: string;
  /** Target value per pod. */
  readonly average: number;
}

/** @internal */
export type SignalSettings =
  | { readonly kind: 'resource'; readonly resource: 'cpu' | 'memory'; readonly utilization: number }
  | { readonly kind: 'pods'; readonly metric: string; readonly average: number }
  | {
      readonly kind: 'keda';
      /** Undefined: the time in the queue of the workload's own pods. */
      readonly query?: string;
      readonly threshold: number;
      readonly perPod: boolean;
      readonly prometheus?: string;
      readonly kedaNamespace: string;
    };

/** Signal of an autoscaler. */
export class ScalingSignal {
  /** CPU usage; needs the metrics server. */
  static cpu({ utilization = 70 }: CpuSignalOptions = {}): ScalingSignal {
    requireInteger('ScalingSignal.cpu', 'utilization', utilization, 1, 100);
    return new ScalingSignal({ kind: 'resource', resource: 'cpu', utilization });
  }

  /** Memory usage; needs the metrics server. A server keeps memory that it once needed: pods are added, but seldom removed. */
  static memory({ utilization = 70 }: CpuSignalOptions = {}): ScalingSignal {
    requireInteger('ScalingSignal.memory', 'utilization', utilization, 1, 100);
    return new ScalingSignal({ kind: 'resource', resource: 'memory', utilization });
  }

  /**
   * Mean time in the queue before the model, of the workload's own pods, read from Prometheus by KEDA. Needs KEDA in the
   * cluster. While Prometheus has no answer, the number of replicas stays as it is.
   */
  static queueTime(options: QueueTimeOptions): ScalingSignal {
    const subject = 'ScalingSignal.queueTime';
    const target = requireInstance(subject, 'target', options?.target, Duration, 'Duration.millis(50)');
    requireNumber(subject, 'target', target.toMilliseconds(), 1, 3_600_000);
    const threshold = target.toMilliseconds() / 1000;
    return new ScalingSignal({ kind: 'keda', threshold, perPod: false, ...source(subject, options) });
  }

  /**
   * The result of any query, read from Prometheus by KEDA. Needs KEDA in the cluster. The only signal that can start the first
   * pod of {@link Replicas}.between(0, …): it must not come from the pods themselves.
   *
   * @example
   * ScalingSignal.query({ query: 'sum(envoy_cluster_upstream_rq_active{namespace="ml"})', target: 8 });
   */
  static query(options: QueryOptions): ScalingSignal {
    const subject = 'ScalingSignal.query';
    const query = requireText(subject, 'query', options?.query);
    const threshold = requireNumber(subject, 'target', options.target, 0.000001, 1e12);
    const perPod = options.perPod ?? true;
    return new ScalingSignal({ kind: 'keda', query, threshold, perPod, ...source(subject, options) });
  }

  /** A metric of the pods themselves, served by an adapter such as prometheus-adapter. Needs the adapter in the cluster. */
  static podsMetric({ metric, average }: PodsMetricOptions): ScalingSignal {
    requireText('ScalingSignal.podsMetric', 'metric', metric);
    requireNumber('ScalingSignal.podsMetric', 'average', average, 0.001, 1e12);
    return new ScalingSignal({ kind: 'pods', metric, average });
  }

  private constructor(
    /** @internal */
    readonly _settings: SignalSettings,
  ) {}

  toString(): string {
    const settings = this._settings;
    return `ScalingSignal ${settings.kind === 'resource' ? settings.resource : settings.kind}`;
  }
}

function source(
  subject: string,
  { prometheus, kedaNamespace = 'keda' }: PrometheusSignalOptions,
): { readonly prometheus?: string; readonly kedaNamespace: string } {
  requireLabel(subject, 'kedaNamespace', kedaNamespace);
  if (prometheus !== undefined) {
    const { username, password } = requireUrl(
      subject,
      'prometheus',
      prometheus,
      'http://prometheus.monitoring:9090',
    );
    if (username !== '' || password !== '')
      refuse(
        subject,
        'prometheus',
        'a URL with a user',
        'a URL without user and password: manifests are committed',
      );
  }
  return { prometheus, kedaNamespace };
}
