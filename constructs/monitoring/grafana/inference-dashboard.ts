import { type Row } from './panel';
import { RUNTIME_METRICS as METRICS } from '../../../contracts/names/metrics';

/**
 * Panels of the published experiments (processing time, latency, CPU, network, GPU) and the runtime's own. `$namespace` is chosen
 * at the top of the dashboard.
 */
const NS = 'namespace=~"$namespace"';

const REQUESTS: Row = {
  title: 'Requests',
  panels: [
    {
      title: 'Answers a second',
      description: 'By pipeline and outcome; everything but ok is a failure.',
      unit: 'reqps',
      queries: { '{{pipeline}} {{outcome}}': `inference:requests:rate1m{${NS}}` },
    },
    {
      title: 'Latency',
      description: 'From the arrival of a message to its answer.',
      unit: 's',
      queries: {
        median: `histogram_quantile(0.5, sum by (le) (rate(${METRICS.requestLatencySeconds.name}_bucket{${NS}}[5m])))`,
        p95: `max(inference:latency_seconds:p95{${NS}})`,
        p99: `histogram_quantile(0.99, sum by (le) (rate(${METRICS.requestLatencySeconds.name}_bucket{${NS}}[5m])))`,
      },
    },
    {
      title: 'Processing time',
      description: 'Mean time spent on a message, by server.',
      unit: 's',
      queries: {
        '{{pod}}': `rate(${METRICS.requestProcessingSeconds.name}_sum{${NS}}[5m]) / rate(${METRICS.requestProcessingSeconds.name}_count{${NS}}[5m])`,
      },
    },
    {
      title: 'Failures',
      description: 'Share of requests that fail.',
      unit: 'percentunit',
      queries: { '{{pipeline}}': `inference:errors:ratio5m{${NS}}` },
    },
  ],
};

const PIPELINE: Row = {
  title: 'Pipeline',
  panels: [
    {
      title: 'Time in each step',
      description: 'Mean over the requests; the model is in its own panel.',
      unit: 's',
      queries: { '{{pipeline}} {{step}}': `inference:step_seconds:mean5m{${NS}}` },
    },
    {
      title: 'Model runs',
      description: 'How long one run takes, one in twenty longer.',
      unit: 's',
      queries: {
        '{{pipeline}}': `histogram_quantile(0.95, sum by (pipeline, le) (rate(${METRICS.modelSeconds.name}_bucket{${NS}}[5m])))`,
      },
    },
    {
      title: 'Rows in a run',
      description: 'Mean batch size. Near 1 the servers are idle, near the maximum they are full.',
      unit: 'short',
      queries: { '{{pipeline}}': `inference:batch_size:mean5m{${NS}}` },
    },
    {
      title: 'Waiting for the model',
      description: 'Requests in the queue, and how long one in twenty waits.',
      unit: 'short',
      queries: {
        '{{pipeline}} requests': `sum by (pipeline) (${METRICS.queueDepth.name}{${NS}})`,
        '{{pipeline}} p95 seconds': `inference:queue_seconds:p95{${NS}}`,
      },
    },
    {
      title: 'Open streams and requests in flight',
      description: 'Streams are clients; in flight are messages without an answer.',
      unit: 'short',
      queries: {
        '{{pod}} streams': `sum by (pod) (${METRICS.streams.name}{${NS}})`,
        '{{pod}} in flight': `sum by (pod) (${METRICS.inFlight.name}{${NS}})`,
      },
    },
    {
      title: 'Preparation',
      description: 'Mean time to load and warm a pipeline.',
      unit: 's',
      queries: {
        '{{pod}}': `${METRICS.pipelinePreparationSeconds.name}_sum{${NS}} / ${METRICS.pipelinePreparationSeconds.name}_count{${NS}}`,
      },
    },
  ],
};

const PROCESSES: Row = {
  title: 'Servers and nodes',
  panels: [
    {
      title: 'CPU of the servers',
      description: 'In CPUs.',
      unit: 'short',
      queries: { '{{pod}}': `rate(process_cpu_seconds_total{${NS},job=~"inference-server/.*"}[5m])` },
    },
    {
      title: 'Memory of the servers',
      description: 'Resident.',
      unit: 'bytes',
      queries: { '{{pod}}': `process_resident_memory_bytes{${NS},job=~"inference-server/.*"}` },
    },
    {
      title: 'CPU of the nodes',
      description: 'Share that is in use.',
      unit: 'percentunit',
      queries: { '{{node}}': 'node:cpu_used:ratio5m' },
    },
    {
      title: 'Network of the nodes',
      description: 'Bytes a second, received and sent.',
      unit: 'Bps',
      queries: {
        '{{node}} in': 'node:network_receive:bytes_rate5m',
        '{{node}} out': 'node:network_transmit:bytes_rate5m',
      },
    },
  ],
};

const BALANCER: Row = {
  title: 'Balancer',
  panels: [
    {
      title: 'Servers that take streams',
      description: 'Healthy ones out of those that are known.',
      unit: 'short',
      queries: {
        healthy: `max(envoy_cluster_membership_healthy{${NS},envoy_cluster_name="inference"})`,
        known: `max(envoy_cluster_membership_total{${NS},envoy_cluster_name="inference"})`,
      },
    },
    {
      title: 'Streams through the balancer',
      description: 'Open ones, and those tried again on another server.',
      unit: 'short',
      queries: {
        open: `sum(envoy_cluster_upstream_rq_active{${NS},envoy_cluster_name="inference"})`,
        'retried a second': `sum(rate(envoy_cluster_upstream_rq_retry{${NS},envoy_cluster_name="inference"}[5m]))`,
      },
    },
    {
      title: 'Bytes through the balancer',
      description: 'To and from the servers.',
      unit: 'Bps',
      queries: {
        'to servers': `sum(rate(envoy_cluster_upstream_cx_tx_bytes_total{${NS},envoy_cluster_name="inference"}[5m]))`,
        'from servers': `sum(rate(envoy_cluster_upstream_cx_rx_bytes_total{${NS},envoy_cluster_name="inference"}[5m]))`,
      },
    },
  ],
};

const GPU: Row = {
  title: 'GPU',
  panels: [
    {
      title: 'Use',
      description: 'Share of time with some work on the GPU.',
      unit: 'percentunit',
      queries: { '{{node}} {{gpu}}': 'gpu:used:ratio' },
    },
    {
      title: 'Memory',
      description: 'Share that is taken.',
      unit: 'percentunit',
      queries: { '{{node}} {{gpu}}': 'gpu:memory_used:ratio' },
    },
  ],
};

/** Rows of the dashboard; those of GPUs only where there are some. */
export function inferenceRows(options: {
  readonly balancer: boolean;
  readonly gpu: boolean;
}): readonly Row[] {
  return [
    REQUESTS,
    PIPELINE,
    ...(options.balancer ? [BALANCER] : []),
    PROCESSES,
    ...(options.gpu ? [GPU] : []),
  ];
}
