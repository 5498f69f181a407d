import { type Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { kubeObject } from '../private/kube-object';
import { requireLabels } from '../private/metadata-rules';
import { identify } from '../private/labels';
import { Peer } from '../network/peer';
import { namespaceOf, requireLabel } from '../private/names';
import { scopedRules } from './rules/scoped-rules';
import { type RuleGroup } from './rules/rule-group';
import { type ScrapeTarget } from './scrape-target';

export interface PrometheusOperatorOptions {
  /**
   * Labels by which the operator's Prometheus finds monitors and rules, e.g. `{ release: 'kube-prometheus-stack' }`.
   *
   * @default - none: it takes all
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Namespace of the operator's Prometheus, from which it scrapes.
   *
   * @default monitoring
   */
  readonly namespace?: string;
}

/** @internal */
export interface OperatorMonitorsProps extends PrometheusOperatorOptions {
  readonly targets: readonly ScrapeTarget[];
  readonly rules: readonly RuleGroup[];
  /** Undefined: that of the operator's Prometheus. */
  readonly interval?: Duration;
}

/** A PodMonitor for each target and a PrometheusRule, for a Prometheus that its operator runs. @internal */
export class OperatorMonitors extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { targets, rules, interval, labels = {}, namespace = 'monitoring' }: OperatorMonitorsProps,
  ) {
    super(scope, id);
    requireLabel(this, 'operator.namespace', namespace);
    const identity = identify(this, 'prometheus');
    const metadataLabels = { ...identity.labels, ...requireLabels(this, 'operator.labels', labels) };
    for (const target of targets) {
      target.workload.connections?.allowFrom(Peer.namespace(namespace), target.containerPort);
      const instance = `${identity.name}-${target.selector['app.kubernetes.io/instance'] ?? target.job}`;
      // Two stacks may monitor one set of agents.
      const [own, theirs] = [namespaceOf(this), namespaceOf(target.workload)];
      const name = own === theirs ? instance : `${own}-${instance}`;
      kubeObject(this, `PodMonitor-${name}`, {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'PodMonitor',
        metadata: { name, namespace: namespaceOf(target.workload), labels: metadataLabels },
        spec: {
          selector: { matchLabels: { ...target.selector } },
          podMetricsEndpoints: [
            { ...toEndpoint(target), ...(interval && { interval: `${interval.toSeconds()}s` }) },
          ],
        },
      });
    }
    kubeObject(this, 'Rules', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: identity.name, labels: metadataLabels },
      spec: {
        groups: scopedRules(rules, {
          scrapeSeconds: interval?.toSeconds() ?? 15,
          namespaces: namespacesOf(targets),
        }),
      },
    });
  }
}

/** Undefined where a namespace is not known here. */
function namespacesOf(targets: readonly ScrapeTarget[]): string[] | undefined {
  const namespaces = new Set(targets.map(({ workload }) => namespaceOf(workload)));
  return namespaces.has(undefined) ? undefined : [...namespaces].map(String);
}

function toEndpoint({ job, selector, port, path, parameters, honorLabels, tls }: ScrapeTarget): object {
  const replace = (targetLabel: string, replacement: string) => ({
    action: 'replace',
    targetLabel,
    replacement,
  });
  return {
    port,
    path: path ?? '/metrics',
    ...(tls === true && { scheme: 'https', tlsConfig: { insecureSkipVerify: true } }),
    ...(parameters && { params: parameters }),
    ...(honorLabels === true && { honorLabels }),
    relabelings: [
      // The same job and node labels as without the operator, so that rules and dashboards fit both.
      replace('job', `${job}/${selector['app.kubernetes.io/instance'] ?? job}`),
      { action: 'replace', sourceLabels: ['__meta_kubernetes_pod_node_name'], targetLabel: 'node' },
    ],
  };
}
