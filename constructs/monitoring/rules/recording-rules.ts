import { type RuleGroup } from './rule-group';
import { RUNTIME_METRICS as METRICS } from '../../../contracts/names/metrics';

const PIPELINE = 'namespace, pipeline';

/**
 * Series for dashboards, alerts and autoscalers. Metric names that change between releases of an exporter appear only here.
 */
export const RECORDING_RULES: RuleGroup = {
  name: 'inference-recording',
  rules: [
    {
      record: 'inference:requests:rate1m',
      expr: `sum by (${PIPELINE}, outcome) (rate(${METRICS.requests.name}[1m]))`,
    },
    {
      record: 'inference:errors:ratio5m',
      expr: `(sum by (${PIPELINE}) (rate(${METRICS.requests.name}{outcome!="ok"}[5m])) or 0 * sum by (${PIPELINE}) (rate(${METRICS.requests.name}[5m]))) / clamp_min(sum by (${PIPELINE}) (rate(${METRICS.requests.name}[5m])), 0.001)`,
    },
    {
      record: 'inference:latency_seconds:p95',
      expr: `histogram_quantile(0.95, sum by (namespace, le) (rate(${METRICS.requestLatencySeconds.name}_bucket[5m])))`,
    },
    {
      record: 'inference:queue_seconds:p95',
      expr: `histogram_quantile(0.95, sum by (${PIPELINE}, le) (rate(${METRICS.queueSeconds.name}_bucket[5m])))`,
    },
    {
      record: 'inference:step_seconds:mean5m',
      expr: `sum by (${PIPELINE}, step) (rate(${METRICS.stepSeconds.name}_sum[5m])) / sum by (${PIPELINE}, step) (rate(${METRICS.stepSeconds.name}_count[5m]))`,
    },
    {
      record: 'inference:batch_size:mean5m',
      expr: `sum by (${PIPELINE}) (rate(${METRICS.batchSize.name}_sum[5m])) / sum by (${PIPELINE}) (rate(${METRICS.batchSize.name}_count[5m]))`,
    },
    {
      record: 'node:cpu_used:ratio5m',
      expr: '1 - avg by (node) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
    },
    {
      record: 'node:network_receive:bytes_rate5m',
      expr: 'sum by (node) (rate(node_network_receive_bytes_total{device!="lo"}[5m]))',
    },
    {
      record: 'node:network_transmit:bytes_rate5m',
      expr: 'sum by (node) (rate(node_network_transmit_bytes_total{device!="lo"}[5m]))',
    },
    // A percentage; from dcgm-exporter 4.9 a ratio under another name. Unsupported values are 2^63 and above.
    { record: 'gpu:used:ratio', expr: 'avg by (node, gpu, UUID) (DCGM_FI_DEV_GPU_UTIL < 1e18) / 100' },
    {
      record: 'gpu:memory_used:ratio',
      expr: 'avg by (node, gpu, UUID) (DCGM_FI_DEV_FB_USED) / (avg by (node, gpu, UUID) (DCGM_FI_DEV_FB_USED) + avg by (node, gpu, UUID) (DCGM_FI_DEV_FB_FREE))',
    },
  ],
};
