import { App, Chart, Testing } from 'cdk8s';
import * as mis from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { at, find, synthesize, type Synthesized } from '../fixtures/synthesize';

const pipelines = [fallDetection];
const components = mis.ComponentSource.volume('models');
const image = mis.ContainerImage.of('registry.example/tool:1.2.0');
const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'];

/** Every kind of workload, each with these options. */
function everyWorkload(options: mis.AgentOptions, defaults?: mis.AgentOptions): Synthesized[] {
  const app = new App();
  if (defaults) mis.PodDefaults.configure(app, defaults);
  const chart = new Chart(app, 'test');
  const ml = new mis.StackNamespace(chart, 'ml');
  const nodes = new mis.StackNamespace(chart, 'nodes', { podSecurity: mis.PodSecurity.PRIVILEGED });
  const store = mis.MongoDb.replicaSet(ml, 'mongo', options);
  const repository = new mis.ComponentRepository(ml, 'repository', { store, ...options });
  const server = new mis.InferenceServer(ml, 'fall', { pipelines, repository, ...options });
  const edge = new mis.EnvoyLoadBalancer(ml, 'edge', { backend: server, ...options });
  const target = mis.BenchmarkTarget.balancer(edge);
  new mis.BenchmarkJob(ml, 'load', { target, profile: { profile: 'closed-loop' }, ...options });
  const grafana = { adminPassword: mis.SecretKey.of('grafana', 'password'), ...options };
  new mis.Monitoring(ml, 'monitoring', { targets: [server, edge], grafana, ...options });
  new mis.NodeExporter(nodes, 'node-exporter', options);
  new mis.DcgmExporter(nodes, 'dcgm', options);
  const perNode = [mis.GpuSharing.mps({ replicas: 2 })];
  new mis.GpuDevicePlugin(nodes, 'gpu', { perNode, ...options });
  return Testing.synth(chart) as Synthesized[];
}

const templates = (objects: readonly Synthesized[]) =>
  objects
    .filter(({ kind }) => WORKLOADS.includes(kind))
    .map((object) => ({
      name: `${object.kind} ${object.metadata.name}`,
      template: at(object, 'spec.template'),
    }));

describe('options of pods', () => {
  const volume = mis.PodVolume.secret('extra', '/etc/extra');
  const objects = everyWorkload({
    podLabels: { 'cost-centre': '4711' },
    podAnnotations: { 'sidecar.istio.io/inject': 'false' },
    serviceAccount: mis.ServiceAccount.named('team', { mountToken: true }),
    volumes: [volume],
    certificateAuthorities: mis.CertificateAuthorities.fromConfigMap('company-ca'),
    initContainers: [{ name: 'wait', image, volumes: [volume] }],
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
    tolerations: [{ key: 'example.com/spot', effect: 'NoSchedule' }],
    runtimeClass: 'gvisor',
    podPatch: { dnsPolicy: 'Default', hostAliases: [{ ip: '192.0.2.1', hostnames: ['a'] }] },
  });
  const found = templates(objects);

  it('are for every workload', () => {
    const kinds = found.map(({ name }) => name.replace(/-[0-9a-f]{8}$/, '')).sort();
    expect(kinds).toEqual([
      'DaemonSet dcgm',
      'DaemonSet gpu',
      'DaemonSet gpu-mps',
      'DaemonSet node-exporter',
      'Deployment edge',
      'Deployment fall',
      'Deployment monitoring-grafana',
      'Deployment monitoring-prometheus',
      'Deployment repository',
      'Job load',
      'Job mongo-setup',
      'StatefulSet mongo',
    ]);
  });

  it.each(found)('reach $name', ({ name, template }) => {
    expect(at(template, 'metadata.labels')).toMatchObject({ 'cost-centre': '4711' });
    expect(at(template, 'metadata.annotations')).toMatchObject({ 'sidecar.istio.io/inject': 'false' });
    const spec = at(template, 'spec') as Record<string, never>;
    expect(spec).toMatchObject({ serviceAccountName: 'team', automountServiceAccountToken: true });
    expect(spec.runtimeClassName).toBe('gvisor');
    expect(spec.affinity).toHaveProperty('nodeAffinity');
    expect(spec.tolerations).toContainEqual({
      key: 'example.com/spot',
      operator: 'Exists',
      effect: 'NoSchedule',
    });
    const container = at(spec, 'containers.0');
    expect(at(container, 'env')).toContainEqual({
      name: 'NODE_EXTRA_CA_CERTS',
      value: '/etc/mis/certificate-authorities/ca.crt',
    });
    // The Job that sets a database up has nothing of what is beside a member.
    if (name.startsWith('Job mongo-setup')) return;
    expect(spec).toMatchObject({
      dnsPolicy: 'Default',
      hostAliases: [{ ip: '192.0.2.1', hostnames: ['a'] }],
    });
    expect(at(container, 'volumeMounts')).toContainEqual({
      name: 'extra-0',
      mountPath: '/etc/extra',
      readOnly: true,
    });
    expect(spec.volumes).toContainEqual({ name: 'extra-0', secret: { secretName: 'extra' } });
    expect(at(spec, 'initContainers')).toContainEqual(
      expect.objectContaining({
        name: 'wait',
        volumeMounts: [{ name: 'extra-0', mountPath: '/etc/extra', readOnly: true }],
        securityContext: expect.objectContaining({ allowPrivilegeEscalation: false }) as unknown,
      }),
    );
  });

  it('create no account that exists, and give its roles to it', () => {
    expect(objects.filter(({ kind }) => kind === 'ServiceAccount')).toEqual([]);
    const bindings = objects.filter(({ kind }) => kind.endsWith('RoleBinding'));
    expect(bindings.map((binding) => at(binding, 'subjects.0.name'))).toEqual(['team', 'team']);
  });

  it('change nothing when they are not given', () => {
    expect(everyWorkload({}, {})).toEqual(everyWorkload({}));
  });
});

describe('a pod', () => {
  const server = (options: Partial<mis.InferenceServerProps>) =>
    synthesize((ml) => void new mis.InferenceServer(ml, 'fall', { pipelines, components, ...options }));
  const spec = (options: Partial<mis.InferenceServerProps>) =>
    at(find(server(options), 'Deployment', 'fall'), 'spec.template.spec');

  it('has an account with annotations', () => {
    const arn = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/models' };
    const objects = server({ serviceAccount: mis.ServiceAccount.create({ annotations: arn }) });
    expect(find(objects, 'ServiceAccount', 'fall').metadata).toMatchObject({
      namespace: 'ml',
      annotations: arn,
    });
    expect(at(find(objects, 'Deployment', 'fall'), 'spec.template.spec.serviceAccountName')).toBe('fall');
  });

  it('shares a volume with its sidecar', () => {
    const shared = mis.PodVolume.empty('/shared');
    const sidecars = [{ name: 'sync', image, volumes: [shared], environment: { A: '1' } }];
    const pod = spec({ volumes: [shared], sidecars });
    expect(at(pod, 'containers.1')).toMatchObject({
      name: 'sync',
      image: 'registry.example/tool:1.2.0',
      env: [{ name: 'A', value: '1' }],
      volumeMounts: [{ name: 'extra-0', mountPath: '/shared' }],
    });
    expect(at(pod, 'volumes')).toContainEqual({ name: 'extra-0', emptyDir: {} });
  });

  it('is patched by the names of its containers', () => {
    const pod = spec({
      podPatch: { containers: [{ name: 'server', workingDir: '/tmp' }], hostname: 'fall' },
    });
    expect(at(pod, 'containers.0')).toMatchObject({ name: 'server', workingDir: '/tmp', command: ['mis'] });
    expect(at(pod, 'hostname')).toBe('fall');
  });

  it.each<[string, Partial<mis.InferenceServerProps>, RegExp]>([
    [
      'a label that selects',
      { podLabels: { 'app.kubernetes.io/name': 'x' } },
      /'podLabels' .*select the pods/,
    ],
    ['a label value', { podLabels: { team: 'a b' } }, /'podLabels\.team'/],
    ['an annotation', { podAnnotations: { team: 1 as never } }, /'podAnnotations\.team'/],
    ['a volume', { volumes: ['x' as never] }, /'volumes' must be a PodVolume, e\.g\. PodVolume\.secret/],
    ['an account', { serviceAccount: 'x' as never }, /'serviceAccount' must be a ServiceAccount/],
    [
      'authorities',
      { certificateAuthorities: 'x' as never },
      /'certificateAuthorities' must be a Certificate/,
    ],
    [
      'a container of its name',
      { sidecars: [{ name: 'server', image }] },
      /'sidecars' must be other names than server/,
    ],
    ['a container without an image', { sidecars: [{ name: 'x' } as never] }, /with an image/],
    ['a toleration', { tolerations: [{ key: 'a b' }] }, /'tolerations\.key'/],
  ])('refuses %s', (_title, options, message) => {
    expect(() => server(options)).toThrow(message);
  });

  it('refuses sidecars of jobs', () => {
    const build = () =>
      synthesize((ml) => {
        const backend = new mis.InferenceServer(ml, 'fall', { pipelines, components });
        const target = mis.BenchmarkTarget.server(backend);
        const sidecars = [{ name: 'x', image }];
        new mis.BenchmarkJob(ml, 'load', { target, profile: { profile: 'closed-loop' }, sidecars });
      });
    expect(build).toThrow("'sidecars' must be left out: a Job does not end while a sidecar runs");
  });
});

describe('defaults of pods', () => {
  it('reach every workload, and its own options win', () => {
    const found = templates(
      everyWorkload({ podLabels: { team: 'vision' } }, { podLabels: { team: 'all', 'cost-centre': '4711' } }),
    );
    for (const { template } of found)
      expect(at(template, 'metadata.labels')).toMatchObject({ team: 'vision', 'cost-centre': '4711' });
  });

  it('must come before the constructs', () => {
    const app = new App();
    new Chart(app, 'test');
    expect(() => mis.PodDefaults.configure(app, {})).toThrow('a construct without children');
  });
});

describe('metadata of objects', () => {
  it('reach every object, own ones and such that are made later', () => {
    const app = new App();
    mis.ObjectMetadata.add(app, {
      labels: { team: 'vision' },
      annotations: { 'argocd.argoproj.io/sync-wave': '1' },
    });
    const chart = new Chart(app, 'test');
    new mis.InferenceServer(new mis.StackNamespace(chart, 'ml'), 'fall', { pipelines, components });
    const objects = Testing.synth(chart) as Synthesized[];
    expect(objects.length).toBeGreaterThan(5);
    for (const { metadata } of objects)
      expect(metadata).toMatchObject({
        labels: { team: 'vision' },
        annotations: { 'argocd.argoproj.io/sync-wave': '1' },
      });
  });

  it('are refused where Kubernetes would', () => {
    expect(() => mis.ObjectMetadata.add(new App(), { labels: { team: 'a b' } })).toThrow(/'labels\.team'/);
  });
});
