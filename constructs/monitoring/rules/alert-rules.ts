import { Duration } from 'cdk8s';
import { requireNumber } from '../../private/checks';
import { type AlertRule, type RuleGroup } from './rule-group';
import { RUNTIME_METRICS as METRICS } from '../../../contracts/names/metrics';

/** Limits above which alerts fire. */
export interface AlertThresholds {
  /**
   * Time in the queue that one request in twenty exceeds.
   *
   * @default Duration.millis(500)
   */
  readonly queueTime?: Duration;
  /**
   * Share of requests that fail, 0 to 1.
   *
   * @default 0.05
   */
  readonly errorRatio?: number;
  /**
   * Use of a GPU, 0 to 1.
   *
   * @default 0.95
   */
  readonly gpuUse?: number;
  /**
   * Time left of a server's certificate.
   *
   * @default Duration.days(7)
   */
  readonly certificateTime?: Duration;
}

/** @internal */
export function alertRules(thresholds: AlertThresholds = {}): RuleGroup {
  const queueSeconds = (thresholds.queueTime ?? Duration.millis(500)).toMilliseconds() / 1000;
  const certificateSeconds = (thresholds.certificateTime ?? Duration.days(7)).toSeconds();
  const errorRatio = requireNumber(
    'Monitoring',
    'thresholds.errorRatio',
    thresholds.errorRatio ?? 0.05,
    0.0001,
    1,
  );
  const gpuUse = requireNumber('Monitoring', 'thresholds.gpuUse', thresholds.gpuUse ?? 0.95, 0.01, 1);
  return {
    name: 'inference-alerts',
    rules: [
      NO_HEALTHY_BACKEND,
      {
        alert: 'InferenceQueueTime',
        expr: `inference:queue_seconds:p95 > ${queueSeconds}`,
        for: '5m',
        labels: { severity: 'warning' },
        annotations: {
          summary: 'Requests of {{ $labels.pipeline }} wait long for the model',
          description: `One in twenty waits more than {{ $value | humanizeDuration }} (threshold ${queueSeconds} s). More replicas, more CPU, or a larger batch.`,
        },
      },
      {
        alert: 'InferenceErrorRatio',
        expr: `inference:errors:ratio5m > ${errorRatio}`,
        for: '5m',
        labels: { severity: 'critical' },
        annotations: {
          summary: '{{ $value | humanizePercentage }} of the requests of {{ $labels.pipeline }} fail',
          description: `The label outcome of ${METRICS.requests.name} says how; the log of the servers says why.`,
        },
      },
      STUCK,
      ENVOY_DRAIN_STUCK,
      ENVOY_OVERFLOW,
      {
        alert: 'GpuSaturated',
        expr: `gpu:used:ratio > ${gpuUse}`,
        for: '15m',
        labels: { severity: 'warning' },
        annotations: {
          summary: 'GPU {{ $labels.gpu }} of {{ $labels.node }} has no room left',
          description:
            'In use {{ $value | humanizePercentage }} for a quarter of an hour. Fewer shares a GPU, or more GPUs.',
        },
      },
      {
        alert: 'CertificateExpires',
        expr: `min by (namespace, pod, certificate) (mis_certificate_expiry_timestamp_seconds) - time() < ${certificateSeconds}`,
        for: '5m',
        labels: { severity: 'critical' },
        annotations: {
          summary:
            'The certificate {{ $labels.certificate }} of {{ $labels.pod }} expires in {{ $value | humanizeDuration }}',
          description: 'Clients are refused from then on. A renewed Secret is taken up without a restart.',
        },
      },
      TARGET_DOWN,
    ],
  };
}

const NO_HEALTHY_BACKEND: AlertRule = {
  alert: 'InferenceNoHealthyBackend',
  expr: 'max by (namespace) (envoy_cluster_membership_healthy{envoy_cluster_name="inference"}) == 0',
  for: '1m',
  labels: { severity: 'critical' },
  annotations: {
    summary: 'No inference server of {{ $labels.namespace }} takes streams',
    description: 'Every server that Envoy knows is unhealthy or gone, or its name resolves to none.',
  },
};

/** Also a stopping server that does not end. */
const STUCK: AlertRule = {
  alert: 'InferenceDrainStuck',
  expr: `sum by (namespace, pod) (${METRICS.inFlight.name}) > 0 and sum by (namespace, pod) (rate(${METRICS.requests.name}[3m])) == 0`,
  for: '2m',
  labels: { severity: 'critical' },
  annotations: {
    summary: '{{ $labels.pod }} has {{ $value }} requests in flight and answers none',
    description:
      'A model run or a component does not return; a stopping pod is ended when its grace is over.',
  },
};

const ENVOY_DRAIN_STUCK: AlertRule = {
  alert: 'EnvoyDrainStuck',
  expr: 'max by (namespace, pod) (envoy_listener_manager_total_listeners_draining) > 0',
  for: '10m',
  labels: { severity: 'warning' },
  annotations: {
    summary: '{{ $labels.pod }} has been draining for ten minutes',
    description: 'Streams that do not end hold a balancer that should have stopped.',
  },
};

/** Envoy's release decides which of the two counters an overflow increments. */
const ENVOY_OVERFLOW: AlertRule = {
  alert: 'EnvoyCircuitBreakerOverflow',
  expr: 'sum by (namespace) (rate(envoy_cluster_upstream_rq_pending_overflow{envoy_cluster_name="inference"}[5m])) + (sum by (namespace) (rate(envoy_cluster_upstream_rq_active_overflow{envoy_cluster_name="inference"}[5m])) or 0 * sum by (namespace) (rate(envoy_cluster_upstream_rq_pending_overflow{envoy_cluster_name="inference"}[5m]))) > 0',
  for: '5m',
  labels: { severity: 'warning' },
  annotations: {
    summary: 'Envoy turns streams of {{ $labels.namespace }} away',
    description: 'A limit of the balancer is reached: more servers, or higher limits.',
  },
};

const TARGET_DOWN: AlertRule = {
  alert: 'TargetDown',
  expr: 'up == 0',
  for: '5m',
  labels: { severity: 'warning' },
  annotations: {
    summary: '{{ $labels.job }} on {{ $labels.pod }} gives no metrics',
    description: 'The pod is away, does not answer, or a NetworkPolicy is in the way.',
  },
};
