import { type Reading, type ResourceSource } from './resource-sampler';

const TIMEOUT_MS = 2_000;
const MEBIBYTE = 2 ** 20;

type Labels = Readonly<Record<string, string>>;

/** A reading is the sum of the samples of these names that pass the filter, each by its factor, or their mean. */
interface Rule {
  readonly names: Readonly<Record<string, number>>;
  readonly counts?: (labels: Labels) => boolean;
  readonly mean?: boolean;
}

/** Traffic inside the host, or counted a second time on its way into a container. */
const VIRTUAL_DEVICE = /^(lo|veth|docker|br-|cni|flannel|cali|tun|tap)/;
const isWork = ({ mode }: Labels): boolean => mode !== 'idle' && mode !== 'iowait';
const isOutside = ({ device = '' }: Labels): boolean => !VIRTUAL_DEVICE.test(device);
const isTraffic = (labels: Labels): boolean => labels.envoy_http_conn_manager_prefix !== 'admin';

/**
 * Metrics of the runtime, Envoy, node-exporter and DCGM exporter. The first rule with samples counts: exporters also expose
 * metrics of their own process.
 */
const RULES: Readonly<Record<keyof Reading, readonly Rule[]>> = {
  cpuSeconds: [
    { names: { node_cpu_seconds_total: 1 }, counts: isWork },
    { names: { process_cpu_seconds_total: 1 } },
  ],
  memoryBytes: [
    { names: { envoy_server_memory_physical_size: 1 } },
    { names: { node_memory_MemTotal_bytes: 1, node_memory_MemAvailable_bytes: -1 } },
    { names: { DCGM_FI_DEV_FB_USED: MEBIBYTE } },
    { names: { process_resident_memory_bytes: 1 } },
  ],
  receivedBytes: [
    { names: { envoy_http_downstream_cx_rx_bytes_total: 1 }, counts: isTraffic },
    { names: { node_network_receive_bytes_total: 1 }, counts: isOutside },
  ],
  sentBytes: [
    { names: { envoy_http_downstream_cx_tx_bytes_total: 1 }, counts: isTraffic },
    { names: { node_network_transmit_bytes_total: 1 }, counts: isOutside },
  ],
  gpuUtilization: [{ names: { DCGM_FI_DEV_GPU_UTIL: 0.01 }, mean: true }],
  batchRows: [{ names: { inference_batch_size_sum: 1 } }],
  batchRuns: [{ names: { inference_batch_size_count: 1 } }],
};

const NAMES = new Set(
  Object.values(RULES).flatMap((rules) => rules.flatMap(({ names }) => Object.keys(names))),
);

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

export class MetricsSource implements ResourceSource {
  constructor(
    readonly name: string,
    readonly location: string,
  ) {}

  async read(): Promise<Reading> {
    const response = await fetch(this.location, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'text/plain; version=0.0.4' },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`answered ${response.status}`);
    const reading = toReading(text);
    if (Object.keys(reading).length === 0) throw new Error('exposes none of the known metrics');
    return reading;
  }
}

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** The samples of these names in a Prometheus text exposition; other lines are skipped. */
export function parsePrometheusText(text: string, names: ReadonlySet<string>): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    // Most lines have other names: checking the first word is faster than the pattern.
    const end = line.search(/[{\s]/);
    if (end <= 0 || !names.has(line.slice(0, end))) continue;
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, name, labelText = '', number] = match;
    const labels = [...labelText.matchAll(LABEL)].map(([, label, value]) => [label, unescape(value)]);
    samples.push({
      name,
      labels: Object.fromEntries(labels) as Record<string, string>,
      value: toNumber(number),
    });
  }
  return samples;
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function toNumber(text: string): number {
  if (/^[+-]?Inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}
