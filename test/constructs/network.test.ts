import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import * as mis from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { at, find, synthesize } from '../fixtures/synthesize';

const pipelines = [fallDetection];
const components = mis.ComponentSource.image('/app/components');

describe('StackNamespace', () => {
  it('is restricted, and refuses every connection that nothing asks for', () => {
    const objects = synthesize(() => undefined);
    expect(at(find(objects, 'Namespace', 'ml'), 'metadata.labels')).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/enforce-version': 'v1.27',
      'pod-security.kubernetes.io/warn': 'restricted',
    });
    expect(find(objects, 'NetworkPolicy', 'default-deny').spec).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
  });

  it('bounds what its pods ask for', () => {
    const quota = {
      cpu: Cpu.units(8),
      memory: Size.gibibytes(16),
      gpus: 2,
      gpuShares: [{ sharing: mis.GpuSharing.mig('1g.10gb'), count: 7 }],
    };
    const objects = synthesize((_ml, chart) => void new mis.StackNamespace(chart, 'small', { quota }));
    expect(at(find(objects, 'ResourceQuota', 'quota'), 'spec.hard')).toEqual({
      'limits.cpu': '8',
      'limits.memory': '16384Mi',
      'requests.cpu': '8',
      'requests.memory': '16384Mi',
      'requests.nvidia.com/gpu': 2,
      'requests.nvidia.com/mig-1g.10gb': 7,
    });
  });

  it('leaves its id out of the names of what is in it', () => {
    const objects = synthesize((ml) => void new mis.InferenceServer(ml, 'fall', { pipelines, components }));
    expect(find(objects, 'Deployment', 'fall').metadata.namespace).toBe('ml');
  });
});

describe('connections', () => {
  it('across namespaces name the other namespace on both sides', () => {
    const objects = synthesize((ml, chart) => {
      const front = new mis.StackNamespace(chart, 'front');
      const server = new mis.InferenceServer(ml, 'fall', { pipelines, components, callers: [] });
      new mis.EnvoyLoadBalancer(front, 'edge', { backend: server });
    });
    const rule = (name: string, path: string) => at(find(objects, 'NetworkPolicy', name), path);
    const pods = (app: string, instance: string) => ({
      matchLabels: { 'app.kubernetes.io/name': app, 'app.kubernetes.io/instance': instance },
    });
    const called = (namespace: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': namespace } });
    expect(rule('fall', 'spec.ingress')).toEqual([
      {
        from: [{ podSelector: pods('envoy', 'edge'), namespaceSelector: called('front') }],
        ports: [{ protocol: 'TCP', port: 50051 }],
      },
    ]);
    expect(rule('edge', 'spec.egress.1')).toEqual({
      to: [{ podSelector: pods('inference-server', 'fall'), namespaceSelector: called('ml') }],
      ports: [{ protocol: 'TCP', port: 50051 }],
    });
  });

  it('always let names be resolved, over both protocols', () => {
    const objects = synthesize((ml) => void new mis.InferenceServer(ml, 'fall', { pipelines, components }));
    expect(at(find(objects, 'NetworkPolicy', 'fall'), 'spec.egress')).toEqual([
      expect.objectContaining({
        ports: [
          { protocol: 'UDP', port: 53 },
          { protocol: 'TCP', port: 53 },
        ],
      }),
    ]);
  });

  it('can be added', () => {
    const objects = synthesize((ml) => {
      const server = new mis.InferenceServer(ml, 'fall', { pipelines, components, callers: [] });
      server.connections.allowTo(mis.Peer.network('192.0.2.0/24'), 443);
      server.connections.allowTo(mis.Peer.network('192.0.2.0/24'), 443);
    });
    const egress = at(find(objects, 'NetworkPolicy', 'fall'), 'spec.egress') as unknown[];
    expect(egress.slice(1)).toEqual([
      { to: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: [{ protocol: 'TCP', port: 443 }] },
    ]);
  });
});

describe('EnvoyLoadBalancer', () => {
  const edge = (props: Partial<mis.EnvoyLoadBalancerProps> = {}) =>
    synthesize((ml) => {
      const server = new mis.InferenceServer(ml, 'fall', { pipelines, components });
      new mis.EnvoyLoadBalancer(ml, 'edge', { backend: server, ...props });
    });

  it('finds the servers by the name of the headless Service', () => {
    const { data } = find(edge(), 'ConfigMap', 'edge-config') as unknown as { data: Record<string, string> };
    expect(data['envoy.yaml']).toContain('address: fall-headless.ml.svc.cluster.local');
  });

  it('keeps its administration to itself', () => {
    const spec = at(find(edge(), 'Deployment', 'edge'), 'spec.template.spec');
    expect(at(spec, 'containers.0.ports')).toEqual([
      { name: 'grpc', containerPort: 50051 },
      { name: 'metrics', containerPort: 9902 },
    ]);
    expect(at(spec, 'containers.0.readinessProbe.httpGet')).toEqual({ path: '/ready', port: 'metrics' });
  });

  it('waits for its streams before it ends', () => {
    const spec = at(find(edge(), 'Deployment', 'edge'), 'spec.template.spec');
    expect(at(spec, 'terminationGracePeriodSeconds')).toBe(45);
    expect(at(spec, 'containers.0.lifecycle.preStop.exec.command.2')).toMatch(
      /POST \/drain_listeners\?graceful&inboundonly .*sleep 30$/,
    );
    expect(at(spec, 'containers.0.args')).toEqual(
      expect.arrayContaining(['--drain-time-s', '30', '--concurrency', '1']),
    );
  });

  it('speaks TLS with a certificate out of a Secret, and asks for the clients’', () => {
    const objects = edge({ tls: mis.ListenerTls.fromSecret('edge-tls', { clientCa: 'clients' }) });
    const spec = at(find(objects, 'Deployment', 'edge'), 'spec.template.spec');
    expect(at(spec, 'volumes')).toEqual(
      expect.arrayContaining([{ name: 'tls', secret: { secretName: 'edge-tls' } }]),
    );
    const { data } = find(objects, 'ConfigMap', 'edge-config') as unknown as { data: Record<string, string> };
    expect(data['envoy.yaml']).toContain('require_client_certificate: true');
    expect(at(find(objects, 'Service', 'edge'), 'spec.ports.0.appProtocol')).toBeUndefined();
  });

  it('starts anew when its configuration changes', () => {
    const annotations = (props: Partial<mis.EnvoyLoadBalancerProps>) =>
      at(find(edge(props), 'Deployment', 'edge'), 'spec.template.metadata.annotations');
    expect(annotations({ balancing: mis.Balancing.roundRobin() })).not.toEqual(annotations({}));
  });
});
