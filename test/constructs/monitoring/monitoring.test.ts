import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import * as mis from '../../../constructs';
import { type PrometheusConfig } from '../../../constructs/monitoring/prometheus-config';
import { fallDetection } from '../../../stacks/pipelines/fall-detection/pipeline';
import { at, find, synthesize } from '../../fixtures/synthesize';

const components = mis.ComponentSource.image('/app/components');

function watch(props: Partial<mis.MonitoringProps> = {}, agents = true) {
  return synthesize((ml, chart) => {
    const nodeAgents = new mis.StackNamespace(chart, 'agents', { podSecurity: mis.PodSecurity.PRIVILEGED });
    const server = new mis.InferenceServer(ml, 'fall', { pipelines: [fallDetection], components });
    const edge = new mis.EnvoyLoadBalancer(ml, 'edge', { backend: server });
    new mis.Monitoring(ml, 'monitoring', {
      targets: [server, edge],
      ...(agents && { nodeAgents }),
      ...props,
    });
  });
}

const config = (objects = watch()) =>
  parse(
    (at(find(objects, 'ConfigMap', 'monitoring-prometheus-config'), 'data') as Record<string, string>)[
      'prometheus.yaml'
    ] ?? '',
  ) as PrometheusConfig;

describe('Monitoring', () => {
  it('scrapes each target by its labels and the name of its port', () => {
    const [server, edge, node] = config().scrape_configs;
    expect(server).toMatchObject({
      job_name: 'inference-server/fall',
      metrics_path: '/metrics',
      kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: ['ml'] } }],
    });
    expect(server?.relabel_configs).toEqual(
      expect.arrayContaining([
        {
          source_labels: ['__meta_kubernetes_pod_label_app_kubernetes_io_instance'],
          action: 'keep',
          regex: 'fall',
        },
        { source_labels: ['__meta_kubernetes_pod_container_port_name'], action: 'keep', regex: 'metrics' },
      ]),
    );
    expect(edge).toMatchObject({
      job_name: 'envoy/edge',
      metrics_path: '/stats/prometheus',
      params: { usedonly: [''] },
    });
    expect(node).toMatchObject({
      job_name: 'node-exporter/node-exporter',
      kubernetes_sd_configs: [{ namespaces: { names: ['agents'] } }],
    });
  });

  it('scrapes only ports that the pods have', () => {
    const objects = watch();
    for (const { job_name, relabel_configs = [] } of config(objects).scrape_configs) {
      const [, name = ''] = job_name.split('/');
      const workload = objects.find(
        ({ kind, metadata }) => ['Deployment', 'DaemonSet'].includes(kind) && metadata.name === name,
      );
      const ports = at(workload, 'spec.template.spec.containers.0.ports') as { name: string }[];
      const port = relabel_configs.find(({ source_labels }) =>
        source_labels[0]?.endsWith('port_name'),
      )?.regex;
      expect(ports.map((candidate) => candidate.name)).toContain(port);
    }
  });

  it('may find pods in the namespaces of its targets, and nothing else', () => {
    const objects = watch();
    const roles = objects.filter(({ kind }) => kind === 'Role');
    expect(roles.map(({ metadata }) => metadata.namespace).sort()).toEqual(['agents', 'ml']);
    for (const role of roles)
      expect(role.rules).toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }]);
    expect(objects.filter(({ kind }) => kind === 'ClusterRole')).toEqual([]);
    for (const binding of objects.filter(({ kind }) => kind === 'RoleBinding')) {
      expect(at(binding, 'subjects.0')).toEqual({
        kind: 'ServiceAccount',
        name: 'monitoring-prometheus',
        namespace: 'ml',
      });
    }
  });

  it('is let in by every target', () => {
    const ports = (name: string) =>
      at(find(watch(), 'NetworkPolicy', name), 'spec.ingress') as { ports: { port: number }[] }[];
    expect(ports('fall').map((rule) => rule.ports[0]?.port)).toContain(9000);
    expect(ports('edge').map((rule) => rule.ports[0]?.port)).toContain(9902);
  });

  it('hands over to an operator: a PodMonitor a target, one PrometheusRule, no Prometheus', () => {
    const objects = watch({ operator: { labels: { release: 'stack' } } });
    expect(objects.filter(({ kind }) => kind === 'PodMonitor').map(({ metadata }) => metadata.name)).toEqual([
      'monitoring-operator-fall',
      'monitoring-operator-edge',
      'ml-monitoring-operator-node-exporter',
    ]);
    const monitor = find(objects, 'PodMonitor', 'monitoring-operator-edge');
    expect(at(monitor, 'metadata.labels.release')).toBe('stack');
    expect(at(monitor, 'spec.podMetricsEndpoints.0')).toMatchObject({
      port: 'metrics',
      path: '/stats/prometheus',
    });
    expect(at(find(objects, 'PrometheusRule', 'monitoring-operator'), 'spec.groups.1.name')).toBe(
      'inference-alerts',
    );
    expect(objects.filter(({ metadata }) => metadata.name === 'monitoring-prometheus')).toEqual([]);
    expect(
      at(find(objects, 'NetworkPolicy', 'fall'), 'spec.ingress.2.from.0.namespaceSelector.matchLabels'),
    ).toEqual({ 'kubernetes.io/metadata.name': 'monitoring' });
  });

  it('shows GPUs and the balancer where there are some', () => {
    const titles = (objects = watch()) => {
      const text =
        (at(find(objects, 'ConfigMap', 'monitoring-dashboard'), 'data') as Record<string, string>)[
          'inference.json'
        ] ?? '';
      return (JSON.parse(text) as { panels: { type: string; title: string }[] }).panels
        .filter(({ type }) => type === 'row')
        .map(({ title }) => title);
    };
    expect(titles()).toEqual(['Requests', 'Pipeline', 'Balancer', 'Servers and nodes']);
    expect(titles(watch({ gpu: {} }))).toContain('GPU');
  });

  it('gives Grafana its source, its dashboard and its password by reference', () => {
    const objects = watch({ grafana: { adminPassword: mis.SecretKey.of('grafana', 'password') } });
    const sources = (
      at(find(objects, 'ConfigMap', 'monitoring-grafana-sources'), 'data') as Record<string, string>
    )['prometheus.yaml'];
    expect(sources).toContain('url: http://monitoring-prometheus.ml.svc.cluster.local:9090');
    const spec = at(find(objects, 'Deployment', 'monitoring-grafana'), 'spec.template.spec');
    expect(at(spec, 'volumes')).toContainEqual({
      name: 'dashboards',
      configMap: { name: 'monitoring-dashboard' },
    });
    expect(at(spec, 'containers.0.env.0.valueFrom.secretKeyRef')).toEqual({
      name: 'grafana',
      key: 'password',
    });
  });
});

describe('every property of Monitoring', () => {
  it.each<[string, Partial<mis.MonitoringProps>]>([
    ['retention', { retention: Duration.days(3) }],
    ['storage', { storage: mis.PrometheusStorage.ephemeral(Size.gibibytes(1)) }],
    ['callers', { callers: [mis.Peer.anywhere()] }],
    ['nodes', { nodes: mis.NodePool.dedicated('monitoring') }],
    ['priorityClass', { priorityClass: 'high' }],
    ['podLabels', { podLabels: { a: 'b' } }],
    ['remoteWrites', { remoteWrites: [] }],
  ])('has an effect or is refused with an operator: %s', (name, props) => {
    expect(() => watch({ operator: {}, ...props })).toThrow(`'${name}' must be left out with an operator`);
  });

  it('sets the interval of an operator too', () => {
    const monitor = find(
      watch({ operator: {}, scrapeInterval: Duration.seconds(60) }),
      'PodMonitor',
      'monitoring-operator-fall',
    );
    expect(at(monitor, 'spec.podMetricsEndpoints.0.interval')).toBe('60s');
  });

  it('keeps ranges of at least four scrapes', () => {
    const rules = (props: Partial<mis.MonitoringProps>) =>
      (at(find(watch(props), 'ConfigMap', 'monitoring-prometheus-config'), 'data') as Record<string, string>)[
        'rules.yaml'
      ];
    expect(rules({})).toMatch(/\[1m\]/);
    const slow = rules({ scrapeInterval: Duration.seconds(60) });
    expect([...new Set(slow?.match(/\[\d+[ms]\]/g))].sort()).toEqual(['[4m]', '[5m]']);
  });

  it('names receivers of alerts and of samples, and lets Prometheus reach them', () => {
    const objects = watch({
      alertmanagers: [
        mis.Alertmanager.at('http://alertmanager:9093/alerts', { peer: mis.Peer.namespace('alerts') }),
      ],
      remoteWrites: [
        mis.RemoteWrite.to('https://metrics.example/api/v1/write', {
          peer: mis.Peer.network('192.0.2.0/24'),
          token: mis.SecretKey.of('metrics', 'token'),
        }),
      ],
    });
    expect(config(objects)).toMatchObject({
      alerting: {
        alertmanagers: [{ path_prefix: '/alerts', static_configs: [{ targets: ['alertmanager:9093'] }] }],
      },
      remote_write: [
        {
          url: 'https://metrics.example/api/v1/write',
          authorization: { credentials_file: '/etc/prometheus/remote-write/0/token' },
        },
      ],
    });
    const pod = at(find(objects, 'Deployment', 'monitoring-prometheus'), 'spec.template.spec');
    expect(at(pod, 'volumes')).toContainEqual({
      name: 'remote-write-0',
      secret: { secretName: 'metrics', items: [{ key: 'token', path: 'token' }] },
    });
    const egress = JSON.stringify(at(find(objects, 'NetworkPolicy', 'monitoring-prometheus'), 'spec.egress'));
    expect(egress).toContain('{"port":9093,"protocol":"TCP"}');
    expect(egress).toContain('192.0.2.0/24');
  });
});

describe('two stacks', () => {
  const both = (operator?: mis.PrometheusOperatorOptions) =>
    synthesize((_ml, chart) => {
      const nodeAgents = new mis.StackNamespace(chart, 'agents', { podSecurity: mis.PodSecurity.PRIVILEGED });
      for (const id of ['a', 'b']) {
        const scope = new mis.StackNamespace(chart, id);
        const server = new mis.InferenceServer(scope, 's', { pipelines: [fallDetection], components });
        const nodeExporter = { port: 9200 };
        new mis.Monitoring(scope, 'monitoring', { targets: [server], nodeAgents, nodeExporter, operator });
      }
    });

  it('share one set of agents, at a port of choice', () => {
    const objects = both();
    const exporters = objects.filter(({ kind }) => kind === 'DaemonSet');
    expect(exporters).toHaveLength(1);
    expect(at(exporters[0], 'spec.template.spec.containers.0.ports')).toEqual([
      { name: 'metrics', containerPort: 9200, hostPort: 9200 },
    ]);
  });

  it('record and alert each for its own namespaces in a Prometheus that both share', () => {
    const rules = both({}).filter(({ kind }) => kind === 'PrometheusRule');
    expect(rules).toHaveLength(2);
    for (const rule of rules) {
      const text = JSON.stringify(rule.spec);
      const own = rule.metadata.namespace === 'a' ? 'a|agents' : 'agents|b';
      expect(text).toContain(`inference_requests_total{namespace=~\\"${own}\\"`);
      expect(text).not.toMatch(/inference_\w+\[/);
    }
  });
});
