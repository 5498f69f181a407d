import { App, Chart, Testing } from 'cdk8s';
import * as mis from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { at, find, synthesize, type Synthesized } from '../fixtures/synthesize';

const pipelines = [fallDetection];
const components = mis.ComponentSource.volume('models');
const server = (ml: mis.StackNamespace, props: Partial<mis.InferenceServerProps> = {}) =>
  new mis.InferenceServer(ml, 'fall', { pipelines, components, ...props });

describe('port 443', () => {
  const objects = synthesize((ml) => {
    const backend = server(ml, { port: 443, exposure: mis.Exposure.loadBalancer() });
    const tls = mis.ListenerTls.fromSecret('edge-tls');
    const edge = new mis.EnvoyLoadBalancer(ml, 'edge', { backend, port: 443, tls });
    new mis.BenchmarkJob(ml, 'load', {
      target: mis.BenchmarkTarget.balancer(edge),
      profile: { profile: 'closed-loop' },
    });
    new mis.GrpcRoute(ml, 'route', { gateway: { name: 'public' }, backend });
  });

  it.each(['edge', 'fall'])('is the port of the Service %s, and its pods need no right for it', (name) => {
    const service = find(objects, 'Service', name);
    expect(at(service, 'spec.ports.0')).toMatchObject({ name: 'grpc', port: 443, targetPort: 'grpc' });
    const pod = at(find(objects, 'Deployment', name), 'spec.template.spec');
    expect(at(pod, 'containers.0.ports.0')).toEqual({ name: 'grpc', containerPort: 50051 });
    expect(at(find(objects, 'NetworkPolicy', name), 'spec.ingress.0.ports.0.port')).toBe(50051);
  });

  it('is where clients inside of the cluster connect to, through policies for the pods', () => {
    const pod = at(find(objects, 'Job', jobName(objects)), 'spec.template.spec');
    expect(at(pod, 'containers.0.args')).toContain('edge.ml.svc.cluster.local:443');
    expect(at(find(objects, 'NetworkPolicy', 'load'), 'spec.egress.1.ports.0.port')).toBe(50051);
    expect(at(find(objects, 'GRPCRoute', 'route'), 'spec.rules.0.backendRefs.0.port')).toBe(443);
  });

  it('is not the port between balancer and servers', () => {
    const { data } = find(objects, 'ConfigMap', 'edge-config') as unknown as { data: Record<string, string> };
    expect(data['envoy.yaml']).not.toMatch(/port_value: 443/);
    expect(at(find(objects, 'Service', 'fall-headless'), 'spec.ports.0.port')).toBe(50051);
  });
});

function jobName(objects: readonly Synthesized[]): string {
  return objects.find(({ kind }) => kind === 'Job')?.metadata.name ?? '';
}

describe('an exposure beyond the cluster', () => {
  it.each([mis.Exposure.loadBalancer(), mis.Exposure.nodePort()])('publishes no metrics', (exposure) => {
    const objects = synthesize((ml) => void server(ml, { exposure }));
    const ports = at(find(objects, 'Service', 'fall'), 'spec.ports') as { name: string }[];
    expect(ports.map(({ name }) => name)).toEqual(['grpc']);
  });

  it('opens the policy of a repository, as of a server', () => {
    const store = mis.EmbeddedStore.onClaim();
    const exposure = mis.Exposure.loadBalancer({
      keepClientAddress: true,
      loadBalancerClass: 'example.com/nlb',
    });
    const objects = synthesize(
      (ml) => void new mis.ComponentRepository(ml, 'repository', { store, exposure }),
    );
    expect(at(find(objects, 'NetworkPolicy', 'repository'), 'spec.ingress')).toEqual([
      { ports: [{ protocol: 'TCP', port: 9012 }] },
    ]);
    expect(at(find(objects, 'Service', 'repository'), 'spec')).toMatchObject({
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      loadBalancerClass: 'example.com/nlb',
    });
  });
});

describe('a cluster with IPv6', () => {
  function inCluster(ipFamilies?: mis.IpFamilies): Synthesized[] {
    const app = new App();
    mis.ClusterNetwork.configure(app, { ipFamilies, domain: 'example.local' });
    const chart = new Chart(app, 'test');
    const ml = new mis.StackNamespace(chart, 'ml');
    const store = mis.MongoDb.single(ml, 'mongo');
    const repository = new mis.ComponentRepository(ml, 'repository', { store });
    const backend = server(ml, { repository });
    const edge = new mis.EnvoyLoadBalancer(ml, 'edge', { backend });
    new mis.Monitoring(ml, 'monitoring', { targets: [backend, edge] });
    return Testing.synth(chart) as Synthesized[];
  }
  const text = (objects: readonly Synthesized[], kind: string, name: string) =>
    JSON.stringify(find(objects, kind, name));

  it('has programs that listen on all addresses of both families, and Services of both', () => {
    const objects = inCluster(mis.IpFamilies.DUAL_STACK);
    expect(text(objects, 'Deployment', 'fall')).toContain('"--grpc","[::]:50051","--http","[::]:9000"');
    expect(text(objects, 'Deployment', 'repository')).toContain('"--http","[::]:9012"');
    expect(text(objects, 'StatefulSet', 'mongo')).toContain('"--ipv6","--bind_ip_all"');
    expect(text(objects, 'Deployment', 'monitoring-prometheus')).toContain('--web.listen-address=[::]:9090');
    expect(text(objects, 'ConfigMap', 'edge-config')).toMatch(
      /address: \\"::\\"\\n +port_value: 50051\\n +ipv4_compat: true/,
    );
    const services = objects.filter(({ kind }) => kind === 'Service');
    expect(services.length).toBeGreaterThan(5);
    for (const service of services) expect(at(service, 'spec.ipFamilyPolicy')).toBe('PreferDualStack');
  });

  it('alone leaves its Services to the cluster', () => {
    const objects = inCluster(mis.IpFamilies.IPV6);
    expect(text(objects, 'Deployment', 'fall')).toContain('[::]:50051');
    expect(text(objects, 'Service', 'fall')).not.toContain('ipFamilyPolicy');
  });

  it('is not assumed', () => {
    const objects = inCluster();
    expect(JSON.stringify(objects)).not.toMatch(/\[::\]|ipFamilyPolicy|ipv4_compat|--ipv6/);
    expect(text(objects, 'Deployment', 'fall')).toContain('http://repository.ml.svc.example.local:9012');
  });
});
