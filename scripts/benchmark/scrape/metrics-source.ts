import { parsePrometheusText, type Sample } from './prometheus-text';
import { type Reading, type ResourceSource } from './reading';

const TIMEOUT_MS = 2_000;
const MEBIBYTE = 2 ** 20;

/** How a reading is made of samples: of which names, counting which of them, and how often each counts. */
interface Rule {
  readonly names: Readonly<Record<string, number>>;
  readonly counts?: (labels: Readonly<Record<string, string>>) => boolean;
  readonly mean?: boolean;
}

/** Traffic that a host has with itself, or that passes a second time on its way into a container. */
const VIRTUAL_DEVICE = /^(lo|veth|docker|br-|cni|flannel|cali|tun|tap)/;
const isIdle = (mode: string): boolean => mode === 'idle' || mode === 'iowait';
const isOutside = (device = ''): boolean => !VIRTUAL_DEVICE.test(device);

/**
 * The runtime's own metrics, Envoy's, node-exporter's and DCGM exporter's: each exposition has some of them. The first rule
 * that there are samples for counts: exporters have metrics of their own process beside those that they are scraped for.
 */
const RULES: Readonly<Record<keyof Reading, readonly Rule[]>> = {
  cpuSeconds: [
    { names: { node_cpu_seconds_total: 1 }, counts: ({ mode }) => !isIdle(mode) },
    { names: { process_cpu_seconds_total: 1 } },
  ],
  memoryBytes: [
    { names: { envoy_server_memory_physical_size: 1 } },
    { names: { node_memory_MemTotal_bytes: 1, node_memory_MemAvailable_bytes: -1 } },
    { names: { DCGM_FI_DEV_FB_USED: MEBIBYTE } },
    { names: { process_resident_memory_bytes: 1 } },
  ],
  receivedBytes: [
    {
      names: { envoy_http_downstream_cx_rx_bytes_total: 1 },
      counts: (labels) => labels.envoy_http_conn_manager_prefix !== 'admin',
    },
    { names: { node_network_receive_bytes_total: 1 }, counts: ({ device }) => isOutside(device) },
  ],
  sentBytes: [
    {
      names: { envoy_http_downstream_cx_tx_bytes_total: 1 },
      counts: (labels) => labels.envoy_http_conn_manager_prefix !== 'admin',
    },
    { names: { node_network_transmit_bytes_total: 1 }, counts: ({ device }) => isOutside(device) },
  ],
  gpuUtilization: [{ names: { DCGM_FI_DEV_GPU_UTIL: 0.01 }, mean: true }],
  batchRows: [{ names: { inference_batch_size_sum: 1 } }],
  batchRuns: [{ names: { inference_batch_size_count: 1 } }],
};

const NAMES = new Set(
  Object.values(RULES).flatMap((rules) => rules.flatMap(({ names }) => Object.keys(names))),
);

/** What an exposition tells of the use of resources. */
export function toReading(text: string): Reading {
  const samples = parsePrometheusText(text, NAMES);
  const entries = Object.entries(RULES).flatMap(([key, rules]) => {
    const value = rules.map((rule) => apply(rule, samples)).find((result) => result !== undefined);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}

function apply({ names, counts, mean }: Rule, samples: readonly Sample[]): number | undefined {
  const counted = samples.filter(({ name, labels }) => name in names && (counts?.(labels) ?? true));
  const found = new Set(counted.map(({ name }) => name));
  if (found.size < Object.keys(names).length) return undefined;
  const sum = counted.reduce((total, { name, value }) => total + value * names[name], 0);
  return mean ? sum / counted.length : sum;
}

/** A Prometheus endpoint. */
export class MetricsSource implements ResourceSource {
  constructor(
    readonly name: string,
    readonly place: string,
  ) {}

  async read(): Promise<Reading> {
    const response = await fetch(this.place, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'text/plain; version=0.0.4' },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`answered ${response.status}`);
    const reading = toReading(text);
    if (Object.keys(reading).length === 0) throw new Error('has none of the metrics that are looked for');
    return reading;
  }
}
