import { Duration, Size, type Chart } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import * as mis from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { synthesize } from '../fixtures/synthesize';

type Build = (ml: mis.StackNamespace, chart: Chart) => unknown;

const pipelines = [fallDetection];
const components = mis.ComponentSource.image('/app/components');
const server = (ml: mis.StackNamespace, props: Partial<mis.InferenceServerProps> = {}) =>
  new mis.InferenceServer(ml, 'fall', { pipelines, components, ...props });
const repository = (ml: mis.StackNamespace) =>
  new mis.ComponentRepository(ml, 'repository', { store: mis.EmbeddedStore.onClaim() });
/** What a caller without types may pass. */
const untyped = (value: unknown) => value as never;

/** Each wrong use, and the whole of what the user is told. */
const REFUSED: [string, Build, string][] = [
  [
    'access that asks for nothing',
    () => mis.ServerAccess.byToken({}),
    "ServerAccess.byToken: 'tokens' must be given, or 'issued': e.g. SecretKey.of('inference-tokens', 'tokens'), got nothing",
  ],
  [
    'issued tokens for any service',
    () => mis.ServerAccess.byToken({ issued: { keys: mis.SecretKey.of('issuer', 'keys'), audience: '' } }),
    'ServerAccess.byToken: \'issued.audience\' must be a text that is not empty, got ""',
  ],
  [
    'a token itself where a reference belongs',
    () => mis.ServerAccess.byToken({ tokens: untyped('hunter2') }),
    "ServerAccess.byToken: 'tokens' must be a SecretKey, e.g. SecretKey.of('inference-tokens', 'tokens'), got a literal (not shown)",
  ],
  [
    'traces to no URL',
    () => mis.Traces.to('collector:4318', { collector: mis.Peer.sameNamespace() }),
    'Traces.to: \'url\' must be the URL of a collector, e.g. http://collector.observability:4318, got "collector:4318"',
  ],
  [
    'a server with TLS behind Envoy',
    (ml) =>
      new mis.EnvoyLoadBalancer(ml, 'edge', {
        backend: server(ml, { tls: mis.ServerTls.fromSecret('server-tls') }),
      }),
    "EnvoyLoadBalancer 'test/ml/edge': 'backend' must be a server without 'tls': Envoy speaks plain HTTP/2 to it, and TLS to its clients (ListenerTls), got \"test/ml/fall\"",
  ],
  [
    'no replicas',
    () => mis.Replicas.fixed(0),
    "Replicas.fixed: 'count' must be an integer from 1 to 1000, got 0",
  ],
  [
    'half a replica',
    () => mis.Replicas.fixed(1.5),
    "Replicas.fixed: 'count' must be an integer from 1 to 1000, got 1.5",
  ],
  [
    'autoscaling with a fixed number',
    () => mis.Replicas.between(2, 2),
    "Replicas.between: 'max' must be above min (2): an autoscaler needs room; for a fixed number use Replicas.fixed(2), got 2",
  ],
  [
    'two autoscalers',
    () =>
      mis.Replicas.between(1, 2, {
        signals: [
          mis.ScalingSignal.podsMetric({ metric: 'm', average: 1 }),
          mis.ScalingSignal.queueTime({ target: Duration.millis(5), prometheus: 'http://p:9090' }),
        ],
      }),
    'Replicas.between: \'signals\' must be served by one autoscaler: KEDA makes its own, so take either ScalingSignal.queueTime or .podsMetric, got "ScalingSignal pods, ScalingSignal keda"',
  ],
  [
    'replicas that are a bare number',
    (ml) => server(ml, { replicas: untyped(3) }),
    "InferenceServer 'test/ml/fall': 'replicas' must be a Replicas, e.g. Replicas.fixed(2), got 3",
  ],
  [
    'a server that starts at its recommended size and follows the CPU',
    (ml) =>
      server(ml, { replicas: mis.Replicas.between(1, 2), verticalScaling: mis.VerticalScaling.atStart() }),
    "InferenceServer 'test/ml/fall': 'verticalScaling' must be VerticalScaling.recommend() where replicas follow the CPU: both would answer one load, got \"VerticalScaling.atStart\"",
  ],
  [
    'replicas on an embedded store',
    (ml) =>
      new mis.ComponentRepository(ml, 'repository', {
        store: mis.EmbeddedStore.onClaim(),
        replicas: mis.Replicas.fixed(2),
      }),
    "ComponentRepository 'test/ml/repository': 'replicas' must be Replicas.fixed(1) with an EmbeddedStore (its volume is for one pod), or the store a MongoDb, got Replicas.fixed(2)",
  ],
  [
    'a repository without a store',
    (ml) => new mis.ComponentRepository(ml, 'repository', untyped({})),
    "ComponentRepository 'test/ml/repository': 'store' must be a MongoDb or an EmbeddedStore, e.g. EmbeddedStore.onClaim(), got nothing",
  ],
  [
    'a name that Kubernetes refuses',
    (ml) => new mis.InferenceServer(ml, 'Fall_Detection', { pipelines, components }),
    "InferenceServer 'test/ml/Fall_Detection': 'id' must be lower-case letters, digits and hyphens, beginning with a letter, at most 45 together with the ids of its parents, got \"Fall_Detection\"",
  ],
  [
    'a namespace that Kubernetes refuses',
    (_ml, chart) => new mis.StackNamespace(chart, 'x', { name: 'My Namespace' }),
    "StackNamespace 'test/x': 'name' must be lower-case letters, digits and hyphens, not at the ends, at most 63, got \"My Namespace\"",
  ],
  [
    'a secret as a literal',
    (ml) => server(ml, { environment: { DB_PASSWORD: 'hunter2' } }),
    "InferenceServer 'test/ml/fall': 'environment.DB_PASSWORD' must be a reference such as SecretKey.of('credentials', 'password'), not the secret itself, got a literal (not shown)",
  ],
  [
    'a password inside of an address',
    (ml) => server(ml, { environment: { PROXY: 'http://user:hunter2@proxy' } }),
    "InferenceServer 'test/ml/fall': 'environment.PROXY' must be a reference such as SecretKey.of('credentials', 'password'), not the secret itself, got a literal (not shown)",
  ],
  [
    'a connection string as a literal',
    () => mis.MongoDb.external(untyped({ uri: 'mongodb://user:hunter2@host' })),
    "MongoDb.external: 'uri' must be a reference such as SecretKey.of('mongo', 'uri'), not the connection string, got a literal (not shown)",
  ],
  [
    'a server without pipelines',
    (ml) => server(ml, { pipelines: [] }),
    "InferenceServer 'test/ml/fall': 'pipelines' must be at least one pipeline document or InferencePipeline, got []",
  ],
  [
    'two pipelines of one name',
    (ml) =>
      server(ml, {
        pipelines: [new mis.InferencePipeline(ml, 'a', { document: fallDetection }), fallDetection],
      }),
    "InferenceServer 'test/ml/fall': 'pipelines' must be pipelines with different names, got \"fall-detection\"",
  ],
  [
    'a pipeline of another namespace',
    (ml, chart) =>
      server(ml, {
        pipelines: [
          new mis.InferencePipeline(new mis.StackNamespace(chart, 'other'), 'p', { document: fallDetection }),
        ],
      }),
    "InferenceServer 'test/ml/fall': 'pipelines' must be made in the server's own namespace: a pod mounts no other, got \"test/other/p\"",
  ],
  [
    'a server that gets its model from nowhere',
    (ml) => new mis.InferenceServer(ml, 'fall', { pipelines }),
    "InferenceServer 'test/ml/fall': 'components' must be a folder, a volume or a path in the image, or else there must be a repository, got nothing",
  ],
  [
    'a folder that is not there',
    () => mis.ComponentSource.folder('/nowhere'),
    'ComponentFolder: \'folder\' must be a directory that exists, got "/nowhere"',
  ],
  [
    'CPU that is a number',
    () => mis.Resources.guaranteed(untyped(2), Size.gibibytes(1)),
    "Resources.guaranteed: 'cpu' must be a Cpu, e.g. Cpu.units(2), got 2",
  ],
  [
    'requests above limits',
    () =>
      mis.Resources.burstable({
        requests: { cpu: Cpu.units(2), memory: Size.gibibytes(1) },
        limits: { cpu: Cpu.units(1), memory: Size.gibibytes(1) },
      }),
    'Resources.burstable: \'requests\' must be at most the limits, got "2 CPU, 1024 MiB"',
  ],
  [
    'a part of a mebibyte',
    () => mis.Resources.guaranteed(Cpu.units(1), Size.kibibytes(1024 * 64 + 1)),
    'Resources.guaranteed: \'memory\' must be whole mebibytes, got "64.0009765625 MiB"',
  ],
  [
    'a drain that takes no time',
    (ml) => server(ml, { drainTimeout: Duration.seconds(0) }),
    "InferenceServer 'test/ml/fall': 'drainTimeout' must be a number from 1 to 3600, got 0",
  ],
  [
    'a rollout of a StatefulSet',
    (ml) => server(ml, { workload: mis.WorkloadKind.STATEFUL_SET, rollout: mis.Rollout.SURGE }),
    "InferenceServer 'test/ml/fall': 'rollout' must be left out: a StatefulSet always replaces its pods one by one, got \"surge\"",
  ],
  [
    'a balancer in front of something else',
    (ml) => new mis.EnvoyLoadBalancer(ml, 'edge', untyped({ backend: repository(ml) })),
    "EnvoyLoadBalancer 'test/ml/edge': 'backend' must be an InferenceServer, got test/ml/repository",
  ],
  [
    'a port that Envoy has for itself',
    (ml) => new mis.EnvoyLoadBalancer(ml, 'edge', { backend: server(ml), port: 9901 }),
    "EnvoyLoadBalancer 'test/ml/edge': 'port' must be other than 9901 and 9902, which Envoy has for itself, got 9901",
  ],
  [
    'no streams',
    (ml) => new mis.EnvoyLoadBalancer(ml, 'edge', { backend: server(ml), limits: { streams: 0 } }),
    "EnvoyLoadBalancer 'test/ml/edge': 'limits.streams' must be an integer from 1 to 4294967295, got 0",
  ],
  [
    'an even replica set',
    (ml) => mis.MongoDb.replicaSet(ml, 'mongo', { members: 4 }),
    "MongoDb.replicaSet: 'members' must be odd: 3, 5 or 7, got 4",
  ],
  [
    'a GPU that is shared with nobody',
    () => mis.GpuSharing.timeSlicing({ replicas: 1 }),
    "GpuSharing.timeSlicing: 'replicas' must be an integer ≥ 2: one pod a GPU is no sharing, leave it out, got 1",
  ],
  [
    'MPS on MIG slices',
    () => mis.GpuSharing.mig('1g.10gb', { sharing: mis.GpuSharing.mps({ replicas: 2 }) }),
    'GpuSharing.mig: \'sharing\' must be GpuSharing.timeSlicing: the device plugin does not do MPS on MIG slices, got "mps"',
  ],
  [
    'two shares of one GPU',
    () => mis.Gpu.share(mis.GpuSharing.mps({ replicas: 4 }), 2),
    "Gpu.share: 'count' must be 1: two shares of a GPU give no more compute than one, and MPS refuses them, got 2",
  ],
  [
    'an unknown slice',
    () => mis.GpuSharing.mig('half'),
    'GpuSharing.mig: \'profile\' must be a MIG profile such as 1g.10gb, got "half"',
  ],
  ['half a GPU', () => mis.Gpu.whole(0.5), "Gpu.whole: 'count' must be an integer from 1 to 16, got 0.5"],
  [
    'the newest image, whatever it is',
    () => mis.ContainerImage.of('envoyproxy/envoy:latest'),
    "ContainerImage.of: 'reference' must be an image with a fixed tag (not 'latest'), e.g. envoyproxy/envoy:v1.39.5, got \"envoyproxy/envoy:latest\"",
  ],
  [
    'an image without a version',
    () => mis.ContainerImage.of('registry.example:5000/envoy'),
    "ContainerImage.of: 'reference' must be an image with a fixed tag (not 'latest'), e.g. envoyproxy/envoy:v1.39.5, got \"registry.example:5000/envoy\"",
  ],
  [
    'images that are chosen too late',
    (_ml, chart) => mis.Images.configure(chart, { registry: 'mirror' }),
    'Images.configure: \'scope\' must be a construct without children: call it before they are made, got "test"',
  ],
  [
    'GPU metrics without a place for the exporter',
    (ml) => new mis.Monitoring(ml, 'monitoring', { targets: [server(ml)], gpu: {} }),
    "Monitoring 'test/ml/monitoring': 'gpu' must be together with nodeAgents, a namespace with PodSecurity.PRIVILEGED, got \"given\"",
  ],
  [
    'a password of Grafana as a literal',
    (ml) =>
      new mis.Monitoring(ml, 'monitoring', {
        targets: [server(ml)],
        grafana: untyped({ adminPassword: 'hunter2' }),
      }),
    "Grafana 'test/ml/monitoring/grafana': 'adminPassword' must be a reference such as SecretKey.of('grafana', 'password'), not the password, got a literal (not shown)",
  ],
  [
    'a node port outside of the range',
    () => mis.Exposure.nodePort(80),
    "Exposure.nodePort: 'port' must be an integer from 30000 to 32767, got 80",
  ],
  [
    'a box without components',
    (_ml, chart) => new mis.ComposeProject(chart, 'edge', { pipelines, components: '/nowhere' }),
    'ComponentFolder: \'folder\' must be a directory that exists, got "/nowhere"',
  ],
  [
    'a rule of the policy that does not exist',
    () => new mis.PolicyCheck({ except: ['no-nulls'] }),
    "PolicyCheck: 'except' must hold names of rules (no-null-values, pinned-images, restricted-pods, resource-limits, health-probes, no-literal-secrets, selectors-match), got 'no-nulls'",
  ],
];

describe('refused at construction', () => {
  it.each(REFUSED)('%s', (_title, build, message) => {
    let told = 'nothing was refused';
    try {
      synthesize((ml, chart) => void build(ml, chart));
    } catch (error) {
      told = (error as Error).message;
    }
    expect(told.slice(0, message.length)).toBe(message);
    expect(told).not.toContain('hunter2');
  });
});

/** What shows only in the whole: told at synth, with the construct's path. */
const INVALID: [string, Build, string][] = [
  [
    'exporters of nodes in a restricted namespace',
    (ml) => new mis.NodeExporter(ml, 'node-exporter'),
    "[test/ml/node-exporter] needs a namespace with podSecurity PodSecurity.PRIVILEGED (its pods read the node), got 'ml', which is restricted",
  ],
  [
    'two objects of one name',
    (ml) => {
      new mis.InferencePipeline(ml, 'fall-a', { document: fallDetection });
      const group = new mis.ComponentRepository(ml, 'fall', { store: mis.EmbeddedStore.onClaim() });
      return new mis.InferencePipeline(group, 'a', { document: fallDetection });
    },
    "ConfigMap ml/fall-a is already defined by 'test/ml/fall-a/Resource': give one of the constructs another id",
  ],
  [
    'a step that cannot take what it gets',
    (ml) =>
      server(ml, {
        pipelines: [
          { ...fallDetection, preprocessing: [{ use: 'vector-length', axis: 7 }], output: undefined },
        ],
      }),
    '[test/ml/fall/fall-detection] fall-detection: preprocessing[0]',
  ],
];

describe('refused at synth, with the path', () => {
  it.each(INVALID)('%s', (_title, build, message) => {
    expect(() => synthesize((ml, chart) => void build(ml, chart))).toThrow(message);
  });
});

describe('a document that does not fit the schema', () => {
  it('is refused with the path of the construct and every problem', () => {
    const document = untyped({
      ...fallDetection,
      input: { array: { dtype: 'int17', shape: [9, 3] } },
      inferencer: { batching: { maxBatchSize: 0 } },
      modell: {},
    });
    const build = () => synthesize((ml) => void server(ml, { pipelines: [document] }));
    expect(build).toThrow(
      "InferencePipeline 'test/ml/fall/fall-detection': pipeline fall-detection cannot work:",
    );
    expect(build).toThrow(/input\.array\.dtype: .*int17/);
    expect(build).toThrow(/inferencer\.batching\.maxBatchSize: /);
    expect(build).toThrow(/modell/);
  });
});
