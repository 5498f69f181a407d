import { type Duration } from 'cdk8s';
import { requireInteger, requireNumber, refuse, requireText } from '../private/checks';

export interface CpuSignalOptions {
  /**
   * Target mean usage of the requested CPU, in percent.
   *
   * @default 70
   */
  readonly utilization?: number;
}

export interface QueueTimeOptions {
  /** Mean time that requests may wait for the model. */
  readonly target: Duration;
  /** Base URL of the Prometheus that scrapes the servers, e.g. `monitoring.prometheus.url`. */
  readonly prometheus: string;
}

export interface PodsMetricOptions {
  /** Name of the metric in the custom metrics API, as the adapter serves it. */
  readonly metric: string;
  /** Target value per pod. */
  readonly average: number;
}

/** @internal */
export type SignalKind = 'cpu' | 'pods' | 'keda';

/** Signal of an autoscaler. */
export class ScalingSignal {
  /** CPU usage; needs the metrics server. */
  static cpu({ utilization = 70 }: CpuSignalOptions = {}): ScalingSignal {
    requireInteger('ScalingSignal.cpu', 'utilization', utilization, 1, 100);
    return new ScalingSignal('cpu', { utilization });
  }

  /**
   * Mean time in the queue before the model, read from Prometheus by KEDA. Needs KEDA in the cluster. While Prometheus has no
   * answer, the number of replicas stays as it is.
   */
  static queueTime({ target, prometheus }: QueueTimeOptions): ScalingSignal {
    requireNumber('ScalingSignal.queueTime', 'target', target.toMilliseconds(), 1, 3_600_000);
    if (!URL.canParse(prometheus)) {
      refuse(
        'ScalingSignal.queueTime',
        'prometheus',
        prometheus,
        'a URL, e.g. http://prometheus.monitoring:9090',
      );
    }
    return new ScalingSignal('keda', { seconds: target.toMilliseconds() / 1000, prometheus });
  }

  /** A metric of the pods themselves, served by an adapter such as prometheus-adapter. Needs the adapter in the cluster. */
  static podsMetric({ metric, average }: PodsMetricOptions): ScalingSignal {
    requireText('ScalingSignal.podsMetric', 'metric', metric);
    requireNumber('ScalingSignal.podsMetric', 'average', average, 0.001, 1e12);
    return new ScalingSignal('pods', { metric, average });
  }

  private constructor(
    /** @internal */
    readonly _kind: SignalKind,
    /** @internal */
    readonly _settings: {
      readonly utilization?: number;
      readonly seconds?: number;
      readonly prometheus?: string;
      readonly metric?: string;
      readonly average?: number;
    },
  ) {}

  toString(): string {
    return `ScalingSignal ${this._kind}`;
  }
}
