import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { kubeObject } from '../private/kube-object';
import { namespaceOf } from '../private/names';
import { type Replicas } from './replicas';
import { type ScalingSignal } from './scaling-signal';
import { RUNTIME_METRICS as METRICS } from '../../contracts/names/metrics';

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
  constructor(
    scope: Construct,
    id: string,
    private readonly props: HorizontalAutoscalerProps,
  ) {
    super(scope, id);
    const keda = props.replicas.signals.some((signal) => signal._kind === 'keda');
    kubeObject(this, 'Resource', keda ? this.toScaledObject() : this.toHorizontalPodAutoscaler());
  }

  private toHorizontalPodAutoscaler(): unknown {
    const { target, labels, replicas } = this.props;
    return k8s.KubeHorizontalPodAutoscalerV2.manifest({
      metadata: { name: target.name, labels },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: target.kind, name: target.name },
        minReplicas: replicas.min,
        maxReplicas: replicas.max,
        metrics: replicas.signals.map(toMetric),
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
        triggers: replicas.signals.map((signal) => this.toTrigger(signal)),
      },
    };
  }

  private toTrigger({ _kind, _settings }: ScalingSignal): unknown {
    if (_kind === 'cpu') {
      return { type: 'cpu', metricType: 'Utilization', metadata: { value: String(_settings.utilization) } };
    }
    return {
      type: 'prometheus',
      // A waiting time must not be divided by the number of pods.
      metricType: 'Value',
      metadata: {
        serverAddress: _settings.prometheus,
        query: queueTimeQuery(namespaceOf(this), this.props.target.name),
        threshold: String(_settings.seconds),
        activationThreshold: '0',
        // Without data the number of replicas stays; by default it would count as an empty queue.
        ignoreNullValues: 'false',
      },
    };
  }
}

/** Mean seconds in the queue over the last minute; 0 without requests. @internal */
export function queueTimeQuery(namespace: string | undefined, name: string): string {
  const where = [`pod=~"${name}-.*"`, ...(namespace === undefined ? [] : [`namespace="${namespace}"`])].join(
    ',',
  );
  const rate = (series: string) => `sum(rate(${series}{${where}}[1m]))`;
  const { name: seconds } = METRICS.queueSeconds;
  return `${rate(`${seconds}_sum`)} / clamp_min(${rate(`${seconds}_count`)}, 0.001)`;
}

function toMetric({ _kind, _settings }: ScalingSignal): k8s.MetricSpecV2 {
  if (_kind === 'cpu') {
    const target = { type: 'Utilization', averageUtilization: _settings.utilization };
    return { type: 'Resource', resource: { name: 'cpu', target } };
  }
  // Pods metrics know no other target than the average.
  const averageValue = k8s.Quantity.fromString(`${Math.round((_settings.average ?? 0) * 1000)}m`);
  return {
    type: 'Pods',
    pods: { metric: { name: _settings.metric ?? '' }, target: { type: 'AverageValue', averageValue } },
  };
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
