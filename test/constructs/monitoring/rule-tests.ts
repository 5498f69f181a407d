/** What `promtool test rules` reads: series, and the alarms that must be there at a time. */
interface RuleTest {
  readonly name: string;
  readonly interval: '1m';
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test: readonly {
    readonly eval_time: string;
    readonly alertname: string;
    readonly exp_alerts: readonly {
      readonly exp_labels: Readonly<Record<string, string>>;
      readonly exp_annotations?: Readonly<Record<string, string>>;
    }[];
  }[];
  readonly promql_expr_test?: readonly {
    readonly expr: string;
    readonly eval_time: string;
    readonly exp_samples: readonly { readonly labels: string; readonly value: number }[];
  }[];
}

/** Alarms by name: series that must raise it, series that must not, and the labels that it then has. */
const ALARMS: Readonly<
  Record<
    string,
    {
      readonly bad: Series;
      readonly good: Series;
      readonly after: string;
      readonly labels: Readonly<Record<string, string>>;
    }
  >
> = {
  InferenceNoHealthyBackend: {
    bad: {
      'envoy_cluster_membership_healthy{namespace="ml",pod="e-1",envoy_cluster_name="inference"}': '0x20',
    },
    good: {
      'envoy_cluster_membership_healthy{namespace="ml",pod="e-1",envoy_cluster_name="inference"}': '1x20',
      'envoy_cluster_membership_healthy{namespace="ml",pod="e-1",envoy_cluster_name="admin"}': '0x20',
    },
    after: '3m',
    labels: { severity: 'critical', namespace: 'ml' },
  },
  InferenceQueueTime: {
    bad: queue('0+0x20', '0+60x20'),
    good: queue('0+60x20', '0+60x20'),
    after: '15m',
    labels: { severity: 'warning', namespace: 'ml', pipeline: 'fall' },
  },
  InferenceErrorRatio: {
    bad: requests('0+60x20', '0+6x20'),
    good: requests('0+60x20', '0+1x20'),
    after: '15m',
    labels: { severity: 'critical', namespace: 'ml', pipeline: 'fall' },
  },
  InferenceDrainStuck: {
    bad: { ...inFlight('3x20'), ...requests('60x20', '0x20') },
    good: { ...inFlight('3x20'), ...requests('0+60x20', '0x20') },
    after: '10m',
    labels: { severity: 'critical', namespace: 'ml', pod: 'fall-1' },
  },
  EnvoyDrainStuck: {
    bad: { 'envoy_listener_manager_total_listeners_draining{namespace="ml",pod="e-1"}': '1x20' },
    good: { 'envoy_listener_manager_total_listeners_draining{namespace="ml",pod="e-1"}': '1x5 0x15' },
    after: '15m',
    labels: { severity: 'warning', namespace: 'ml', pod: 'e-1' },
  },
  EnvoyCircuitBreakerOverflow: {
    bad: overflow('0+1x20'),
    good: overflow('5x20'),
    after: '15m',
    labels: { severity: 'warning', namespace: 'ml' },
  },
  GpuSaturated: {
    bad: { 'DCGM_FI_DEV_GPU_UTIL{node="n1",gpu="0",UUID="u"}': '99x30' },
    good: {
      'DCGM_FI_DEV_GPU_UTIL{node="n1",gpu="0",UUID="u"}': '80x30',
      // What the exporter says of a card that does not know.
      'DCGM_FI_DEV_GPU_UTIL{node="n1",gpu="1",UUID="v"}': '9223372036854775794x30',
    },
    after: '20m',
    labels: { severity: 'warning', node: 'n1', gpu: '0', UUID: 'u' },
  },
  CertificateExpires: {
    bad: {
      'mis_certificate_expiry_timestamp_seconds{namespace="ml",pod="fall-1",certificate="server"}':
        '500000x20',
    },
    good: {
      'mis_certificate_expiry_timestamp_seconds{namespace="ml",pod="fall-1",certificate="server"}':
        '700000x20',
    },
    after: '8m',
    labels: { severity: 'critical', namespace: 'ml', pod: 'fall-1', certificate: 'server' },
  },
  TargetDown: {
    bad: { 'up{job="envoy/edge",namespace="ml",pod="e-1"}': '0x20' },
    good: { 'up{job="envoy/edge",namespace="ml",pod="e-1"}': '1x20' },
    after: '8m',
    labels: { severity: 'warning', job: 'envoy/edge', namespace: 'ml', pod: 'e-1' },
  },
};

type Series = Readonly<Record<string, string>>;

export const ALARM_NAMES = Object.keys(ALARMS);

/** For each alarm a test that it is raised, and one that it is not. */
export function ruleTests(): readonly RuleTest[] {
  return Object.entries(ALARMS).flatMap(([alertname, { bad, good, after, labels }]) => [
    test(`${alertname} is raised`, bad, alertname, after, [{ exp_labels: labels }]),
    test(`${alertname} is not raised`, good, alertname, after, []),
  ]);
}

function test(
  name: string,
  series: Series,
  alertname: string,
  eval_time: string,
  exp_alerts: RuleTest['alert_rule_test'][number]['exp_alerts'],
): RuleTest {
  return {
    name,
    interval: '1m',
    input_series: Object.entries(series).map(([key, values]) => ({ series: key, values })),
    alert_rule_test: [{ eval_time, alertname, exp_alerts }],
  };
}

function requests(ok: string, failed: string): Series {
  const series = (outcome: string) =>
    `inference_requests_total{namespace="ml",pod="fall-1",pipeline="fall",outcome="${outcome}"}`;
  return { [series('ok')]: ok, [series('internal')]: failed };
}

function inFlight(values: string): Series {
  return { 'inference_in_flight{namespace="ml",pod="fall-1",pipeline="fall"}': values };
}

/** How many waits were at most 0.1 s and how many at most 1 s. */
function queue(fast: string, all: string): Series {
  const series = (le: string) =>
    `inference_queue_seconds_bucket{namespace="ml",pod="fall-1",pipeline="fall",le="${le}"}`;
  return { [series('0.1')]: fast, [series('1')]: all, [series('+Inf')]: all };
}

function overflow(values: string): Series {
  return {
    'envoy_cluster_upstream_rq_pending_overflow{namespace="ml",pod="e-1",envoy_cluster_name="inference"}':
      values,
  };
}
