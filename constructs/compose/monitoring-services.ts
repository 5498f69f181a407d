import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { stringify } from 'yaml';
import { NODE_EXPORTER_ARGUMENTS } from '../monitoring/node-exporter';
import {
  CONFIG_PATH,
  type PrometheusConfig,
  RULES_FILE,
  type ScrapeConfig,
} from '../monitoring/prometheus-config';
import { alertRules } from '../monitoring/rules/alert-rules';
import { RECORDING_RULES } from '../monitoring/rules/recording-rules';
import { USERS } from '../private/security';
import { Resources } from '../workload/resources';
import { type ComposeService, mounted } from './compose-spec';
import { hardened } from './hardening';

export const PROMETHEUS_VOLUME = 'prometheus';
const PROMETHEUS_FILE = 'prometheus.yaml';

/** What Prometheus scrapes on the loopback address. */
export interface LocalTarget {
  readonly job: string;
  readonly pod: string;
  readonly port: number;
}

/**
 * node-exporter in the box's network and process namespaces. Not privileged: it reads only world-readable files.
 */
export function nodeExporterService(image: string): ComposeService {
  const resources = Resources.guaranteed(Cpu.millis(250), Size.mebibytes(96));
  return {
    image,
    command: [...NODE_EXPORTER_ARGUMENTS, '--web.listen-address=127.0.0.1:9100'],
    ...hardened(USERS.nodeExporter, resources),
    network_mode: 'host',
    pid: 'host',
    volumes: [fromBox('/sys', '/host/sys'), fromBox('/', '/host/root')],
  };
}

/** Prometheus in the box's own network, listening on the loopback address alone. */
export function prometheusService(image: string): ComposeService {
  const resources = Resources.guaranteed(Cpu.millis(500), Size.mebibytes(512));
  return {
    image,
    command: [
      `--config.file=${CONFIG_PATH}/${PROMETHEUS_FILE}`,
      '--storage.tsdb.path=/prometheus',
      '--storage.tsdb.retention.time=168h',
      '--storage.tsdb.retention.size=1024MB',
      '--enable-feature=auto-reload-config',
      '--web.listen-address=127.0.0.1:9090',
    ],
    ...hardened(USERS.prometheus, resources),
    network_mode: 'host',
    volumes: [
      mounted('./prometheus', CONFIG_PATH),
      { type: 'volume', source: PROMETHEUS_VOLUME, target: '/prometheus' },
    ],
    stop_grace_period: '60s',
  };
}

/** Files of Prometheus by their path beside the compose file. */
export function prometheusFiles(project: string, targets: readonly LocalTarget[]): Record<string, string> {
  const config: PrometheusConfig = {
    global: { scrape_interval: '15s', evaluation_interval: '15s' },
    rule_files: [`${CONFIG_PATH}/${RULES_FILE}`],
    scrape_configs: targets.map((target) => scrapeConfig(project, target)),
  };
  const groups = [RECORDING_RULES, alertRules()];
  return {
    [`prometheus/${PROMETHEUS_FILE}`]: stringify(config, { lineWidth: 0 }),
    [`prometheus/${RULES_FILE}`]: stringify({ groups }, { lineWidth: 0 }),
  };
}

/** With the labels that pods have in a cluster, so that the same rules and dashboards fit. */
function scrapeConfig(project: string, { job, pod, port }: LocalTarget): ScrapeConfig {
  return {
    job_name: `${job}/${pod}`,
    metrics_path: '/metrics',
    fallback_scrape_protocol: 'PrometheusText0.0.4',
    static_configs: [{ targets: [`127.0.0.1:${port}`], labels: { namespace: project, pod, node: project } }],
  };
}

function fromBox(source: string, target: string): NonNullable<ComposeService['volumes']>[number] {
  return {
    type: 'bind',
    source,
    target,
    read_only: true,
    bind: { create_host_path: false, propagation: 'rslave' },
  };
}
