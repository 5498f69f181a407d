import { namespaceOf } from '../private/names';
import { type Alertmanager } from './alertmanager';
import { type RemoteWrite } from './remote-write';
import { type ScrapeTarget } from './scrape-target';

/** The part of Prometheus' configuration that this package writes, in its own spelling. */
export interface PrometheusConfig {
  readonly global: { readonly scrape_interval: string; readonly evaluation_interval: string };
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly ScrapeConfig[];
  readonly alerting?: { readonly alertmanagers: readonly object[] };
  readonly remote_write?: readonly object[];
}

export interface ScrapeConfig {
  readonly job_name: string;
  readonly metrics_path: string;
  readonly scheme?: 'https';
  readonly tls_config?: { readonly insecure_skip_verify: true };
  readonly params?: Readonly<Record<string, readonly string[]>>;
  readonly honor_labels?: boolean;
  /** Assumed where a response has no known content type; without it the scrape fails. */
  readonly fallback_scrape_protocol: 'PrometheusText0.0.4';
  readonly kubernetes_sd_configs?: readonly KubernetesDiscovery[];
  readonly static_configs?: readonly {
    readonly targets: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  readonly relabel_configs?: readonly Relabeling[];
}

export interface KubernetesDiscovery {
  readonly role: 'pod';
  readonly namespaces: { readonly names: readonly string[] } | { readonly own_namespace: true };
}

export interface Relabeling {
  readonly source_labels: readonly string[];
  readonly action?: 'keep' | 'drop' | 'replace';
  readonly regex?: string;
  readonly target_label?: string;
}

export const RULES_FILE = 'rules.yaml';
export const CONFIG_PATH = '/etc/prometheus/config';

export interface Receivers {
  readonly alertmanagers?: readonly Alertmanager[];
  readonly remoteWrites?: readonly RemoteWrite[];
}

export function prometheusConfig(
  targets: readonly ScrapeTarget[],
  scrapeSeconds: number,
  { alertmanagers = [], remoteWrites = [] }: Receivers = {},
): PrometheusConfig {
  return {
    global: { scrape_interval: `${scrapeSeconds}s`, evaluation_interval: `${scrapeSeconds}s` },
    rule_files: [`${CONFIG_PATH}/${RULES_FILE}`],
    scrape_configs: targets.map(scrapeConfig),
    ...(alertmanagers.length > 0 && {
      alerting: { alertmanagers: alertmanagers.map((alertmanager) => alertmanager._toConfig()) },
    }),
    ...(remoteWrites.length > 0 && {
      remote_write: remoteWrites.map((remote, index) => remote._toConfig(index)),
    }),
  };
}

function scrapeConfig({
  job,
  workload,
  selector,
  port,
  path,
  parameters,
  honorLabels,
  tls,
}: ScrapeTarget): ScrapeConfig {
  const namespace = namespaceOf(workload);
  return {
    job_name: `${job}/${selector['app.kubernetes.io/instance'] ?? job}`,
    metrics_path: path ?? '/metrics',
    ...(tls === true && { scheme: 'https' as const, tls_config: { insecure_skip_verify: true as const } }),
    ...(parameters && { params: parameters }),
    ...(honorLabels === true && { honor_labels: true }),
    fallback_scrape_protocol: 'PrometheusText0.0.4',
    kubernetes_sd_configs: [
      { role: 'pod', namespaces: namespace === undefined ? { own_namespace: true } : { names: [namespace] } },
    ],
    relabel_configs: [
      ...Object.entries(selector).map(([label, value]) => keep(podLabel(label), value)),
      keep('__meta_kubernetes_pod_container_port_name', port),
      {
        source_labels: ['__meta_kubernetes_pod_phase'],
        action: 'drop',
        regex: 'Pending|Succeeded|Failed|Completed',
      },
      toLabel('__meta_kubernetes_namespace', 'namespace'),
      toLabel('__meta_kubernetes_pod_name', 'pod'),
      toLabel('__meta_kubernetes_pod_node_name', 'node'),
    ],
  };
}

function podLabel(label: string): string {
  return `__meta_kubernetes_pod_label_${label.replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
}

function keep(label: string, value: string): Relabeling {
  return { source_labels: [label], action: 'keep', regex: value };
}

function toLabel(label: string, target_label: string): Relabeling {
  return { source_labels: [label], target_label };
}
