import { type Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { refuse } from '../private/checks';
import { ConfigFiles } from '../private/config-files';
import { objectLabels } from '../private/labels';
import { resourceName } from '../private/names';
import { type Peer } from '../network/peer';
import { type StackNamespace } from '../tenancy/stack-namespace';
import { type PodOptions } from '../workload/pod-options';
import { type Resources } from '../workload/resources';
import { type Alertmanager } from './alertmanager';
import { DcgmExporter, type DcgmExporterProps } from './dcgm-exporter';
import { renderDashboard } from './grafana/dashboard';
import { Grafana, type GrafanaOptions } from './grafana/grafana';
import { inferenceRows } from './grafana/inference-dashboard';
import { NodeExporter, type NodeExporterProps } from './node-exporter';
import { OperatorMonitors, type PrometheusOperatorOptions } from './operator-monitors';
import { Prometheus } from './prometheus';
import { type PrometheusStorage } from './prometheus-storage';
import { type RemoteWrite } from './remote-write';
import { alertRules, type AlertThresholds } from './rules/alert-rules';
import { RECORDING_RULES } from './rules/recording-rules';
import { type RuleGroup } from './rules/rule-group';
import { type IMonitored, type ScrapeTarget } from './scrape-target';

export interface MonitoringProps extends PodOptions {
  /** Constructs to scrape: servers, balancers, repositories. */
  readonly targets: readonly IMonitored[];
  /**
   * A privileged namespace for the node exporters.
   *
   * @default - no node-exporter and no DCGM exporter
   */
  readonly nodeAgents?: StackNamespace;
  /**
   * Options of node-exporter. Needs `nodeAgents`; of several with the same, the first one's hold.
   *
   * @default - port 9100
   */
  readonly nodeExporter?: NodeExporterProps;
  /**
   * DCGM exporter, where nodes have NVIDIA GPUs. Needs `nodeAgents`.
   *
   * @default - none
   */
  readonly gpu?: DcgmExporterProps;
  /**
   * The Prometheus operator that is in the cluster, instead of a new Prometheus.
   *
   * @default - the construct creates a Prometheus
   */
  readonly operator?: PrometheusOperatorOptions;
  /**
   * A Grafana beside Prometheus.
   *
   * @default - none; the dashboard's ConfigMap has the label `grafana_dashboard` that a Grafana of the cluster may look for
   */
  readonly grafana?: GrafanaOptions;
  /** When alerts fire. @default - see {@link AlertThresholds} */
  readonly thresholds?: AlertThresholds;
  /** More rules. @default - none */
  readonly rules?: readonly RuleGroup[];
  /** How often everything is scraped. @default Duration.seconds(15) */
  readonly scrapeInterval?: Duration;
  /** How long series are kept. @default Duration.days(15) */
  readonly retention?: Duration;
  /** Where series are kept. @default PrometheusStorage.claim(Size.gibibytes(20)) */
  readonly storage?: PrometheusStorage;
  /** CPU and memory of Prometheus. @default - requests 0.25 CPU and 512 MiB, limits 1 CPU and 2 GiB */
  readonly resources?: Resources;
  /** Receivers of alerts. @default - none */
  readonly alertmanagers?: readonly Alertmanager[];
  /** Stores that get a copy of the samples. @default - none */
  readonly remoteWrites?: readonly RemoteWrite[];
  /** Who may query Prometheus. @default - pods of the same namespace */
  readonly callers?: readonly Peer[];
}

/**
 * Monitors a stack: Prometheus with recording and alert rules, exporters on the nodes, a Grafana dashboard. With `operator` an
 * existing Prometheus does it.
 *
 * @example
 * const agents = new StackNamespace(chart, 'ml-nodes', { podSecurity: PodSecurity.PRIVILEGED });
 * new Monitoring(ml, 'monitoring', { targets: [server, edge, repository], nodeAgents: agents });
 */
export class Monitoring extends Construct {
  /** The stack's own Prometheus; undefined with an operator. */
  readonly prometheus?: Prometheus;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const name = resourceName(this);
    const targets = [...props.targets.map(({ scrapeTarget }) => scrapeTarget), ...this.addAgents(props)];
    const rules = [RECORDING_RULES, alertRules(props.thresholds), ...(props.rules ?? [])];
    const dashboards = this.addDashboard(name, targets);
    if (props.operator) {
      this.requireOperator(props);
      const interval = props.scrapeInterval;
      new OperatorMonitors(this, 'operator', { ...props.operator, targets, rules, interval });
      return;
    }
    this.prometheus = new Prometheus(this, 'prometheus', { ...props, targets, rules });
    if (props.grafana)
      new Grafana(this, 'grafana', { ...props.grafana, prometheus: this.prometheus, dashboards });
  }

  /** With an operator there is no Prometheus here, and no pod: nothing of theirs has an effect. */
  private requireOperator(props: MonitoringProps): void {
    if (props.grafana) {
      const allowed =
        'left out with an operator: its Grafana finds the dashboard by the label grafana_dashboard';
      refuse(this, 'grafana', 'given', allowed);
    }
    const used = [
      'targets',
      'nodeAgents',
      'nodeExporter',
      'gpu',
      'operator',
      'thresholds',
      'rules',
      'scrapeInterval',
    ];
    const ignored = Object.entries(props).find(
      ([name, value]) => value !== undefined && !used.includes(name),
    );
    if (ignored !== undefined)
      refuse(
        this,
        ignored[0],
        'given',
        "left out with an operator: it is a setting of the operator's Prometheus",
      );
  }

  private addAgents({ nodeAgents, gpu, nodeExporter }: MonitoringProps): ScrapeTarget[] {
    if (nodeAgents === undefined) {
      if (gpu)
        refuse(this, 'gpu', 'given', 'together with nodeAgents, a namespace with PodSecurity.PRIVILEGED');
      if (nodeExporter)
        refuse(
          this,
          'nodeExporter',
          'given',
          'together with nodeAgents, a namespace with PodSecurity.PRIVILEGED',
        );
      return [];
    }
    // One set of agents for all that monitor with this namespace.
    const shared = <T extends Construct>(id: string, create: () => T) =>
      (nodeAgents.node.tryFindChild(id) as T | undefined) ?? create();
    const agents: IMonitored[] = [
      shared('node-exporter', () => new NodeExporter(nodeAgents, 'node-exporter', nodeExporter)),
      ...(gpu ? [shared('dcgm-exporter', () => new DcgmExporter(nodeAgents, 'dcgm-exporter', gpu))] : []),
    ];
    return agents.map(({ scrapeTarget }) => scrapeTarget);
  }

  private addDashboard(name: string, targets: readonly ScrapeTarget[]): ConfigFiles {
    const jobs = targets.map(({ job }) => job);
    const rows = inferenceRows({ balancer: jobs.includes('envoy'), gpu: jobs.includes('dcgm-exporter') });
    const file = JSON.stringify(renderDashboard(`mis-${name}`, 'Inference', rows), null, 1);
    const labels = { ...objectLabels('grafana', name), grafana_dashboard: '1' };
    return new ConfigFiles(this, 'Dashboard', `${name}-dashboard`, { 'inference.json': file }, labels);
  }
}
