import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { kubeObject } from '../private/kube-object';
import { type ScrapingPrometheus } from '../monitoring/scrape-target';
import { Peer } from '../network/peer';
import { namespaceOf } from '../private/names';
import { rateWindow } from '../private/rate-window';
import { type Replicas } from './replicas';
import { RUNTIME_METRICS as METRICS } from '../../contracts/names/metrics';
import { type SignalSettings } from './scaling-signal';

type KedaSettings = Extract<SignalSettings, { kind: 'keda' }>;

/** @internal */
export interface HorizontalAutoscalerProps {
  readonly target: { readonly kind: 'Deployment' | 'StatefulSet'; readonly name: string };
  readonly labels: Record<string, string>;
  readonly replicas: Replicas;
}

/**
 * Scales a workload's pods: a HorizontalPodAutoscaler, or for signals from Prometheus a KEDA ScaledObject (which creates its
 * own HorizontalPodAutoscaler). It scales up at once and down one pod at a time.
 *
 * @internal
 */
export class HorizontalAutoscaler extends Construct {
  private prometheus?: ScrapingPrometheus;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: HorizontalAutoscalerProps,
  ) {
    super(scope, id);
    const keda = this.kedaSignals.length > 0;
    kubeObject(this, 'Resource', keda ? this.toScaledObject() : this.toHorizontalPodAutoscaler());
    this.node.addValidation({ validate: () => this.findMissingPrometheus() });
  }

  /** Signals without a Prometheus are read from this one, which admits KEDA. The first one wins. */
  usePrometheus(prometheus: ScrapingPrometheus): void {
    this.prometheus ??= prometheus;
    for (const signal of this.kedaSignals) {
      if ((signal.prometheus ?? this.prometheus.url).replace(/\/$/, '') !== prometheus.url) continue;
      prometheus.connections.allowFrom(Peer.namespace(signal.kedaNamespace), prometheus.port);
    }
  }

  private get kedaSignals(): KedaSettings[] {
    return this.props.replicas.signals.flatMap(({ _settings }) =>
      _settings.kind === 'keda' ? _settings : [],
    );
  }

  private findMissingPrometheus(): string[] {
    const missing = this.kedaSignals.some((signal) => signal.prometheus === undefined);
    if (!missing || this.prometheus !== undefined) return [];
    return [
      "the signals need a Prometheus: give them 'prometheus', or make the workload a target of a Monitoring without operator",
    ];
  }

  private toHorizontalPodAutoscaler(): unknown {
    const { target, labels, replicas } = this.props;
    return k8s.KubeHorizontalPodAutoscalerV2.manifest({
      metadata: { name: target.name, labels },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: target.kind, name: target.name },
        minReplicas: replicas.min,
        maxReplicas: replicas.max,
        metrics: replicas.signals.flatMap(({ _settings }) => toMetric(_settings)),
        behavior: toBehavior(replicas),
      },
    });
  }

  private toScaledObject(): unknown {
    const { target, labels, replicas } = this.props;
    return {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: target.name, labels },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: target.kind, name: target.name },
        pollingInterval: 15,
        minReplicaCount: replicas.min,
        maxReplicaCount: replicas.max,
        advanced: { horizontalPodAutoscalerConfig: { behavior: toBehavior(replicas) } },
        triggers: replicas.signals.flatMap(({ _settings }) => this.toTrigger(_settings)),
      },
    };
  }

  private toTrigger(signal: SignalSettings): object[] {
    if (signal.kind === 'resource') {
      const metadata = { value: String(signal.utilization) };
      return [{ type: signal.resource, metricType: 'Utilization', metadata }];
    }
    if (signal.kind === 'pods') return [];
    const metadata = {
      // The Prometheus may be made after the workload.
      serverAddress: Lazy.any({ produce: () => signal.prometheus ?? this.prometheus?.url }) as string,
      query: signal.query ?? (Lazy.any({ produce: () => this.queueTimeQuery() }) as string),
      threshold: String(signal.threshold),
      activationThreshold: '0',
      // Without data the number of replicas stays; by default it would count as an empty queue.
      ignoreNullValues: 'false',
    };
    // A waiting time must not be divided by the number of pods.
    return [{ type: 'prometheus', metricType: signal.perPod ? 'AverageValue' : 'Value', metadata }];
  }

  private queueTimeQuery(): string {
    const { kind, name } = this.props.target;
    return queueTimeQuery(namespaceOf(this), name, kind, rateWindow(60, this.prometheus?.scrapeSeconds));
  }
}

/** Mean seconds in the queue of a workload's pods over the window; 0 without requests. @internal */
export function queueTimeQuery(
  namespace: string | undefined,
  name: string,
  kind: 'Deployment' | 'StatefulSet' = 'Deployment',
  window = '1m',
): string {
  // As their controllers name pods: another workload, whose name begins with this one's, has more parts.
  const pods = kind === 'StatefulSet' ? `${name}-[0-9]+` : `${name}-[a-z0-9]+-[a-z0-9]{5}`;
  const where = [`pod=~"${pods}"`, ...(namespace === undefined ? [] : [`namespace="${namespace}"`])].join(
    ',',
  );
  const rate = (series: string) => `sum(rate(${series}{${where}}[${window}]))`;
  const { name: seconds } = METRICS.queueSeconds;
  return `${rate(`${seconds}_sum`)} / clamp_min(${rate(`${seconds}_count`)}, 0.001)`;
}

function toMetric(signal: SignalSettings): k8s.MetricSpecV2[] {
  if (signal.kind === 'keda') return [];
  if (signal.kind === 'resource') {
    const target = { type: 'Utilization', averageUtilization: signal.utilization };
    return [{ type: 'Resource', resource: { name: signal.resource, target } }];
  }
  // Pods metrics know no other target than the average.
  const averageValue = k8s.Quantity.fromString(`${Math.round(signal.average * 1000)}m`);
  const target = { type: 'AverageValue', averageValue };
  return [{ type: 'Pods', pods: { metric: { name: signal.metric }, target } }];
}

function toBehavior(replicas: Replicas): k8s.HorizontalPodAutoscalerBehaviorV2 {
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      policies: [
        { type: 'Percent', value: 100, periodSeconds: 15 },
        { type: 'Pods', value: 2, periodSeconds: 15 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: replicas.scaleDownAfter.toSeconds(),
      policies: [{ type: 'Pods', value: 1, periodSeconds: replicas.scaleDownEvery.toSeconds() }],
    },
  };
}
