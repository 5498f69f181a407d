import { type Chart, Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import * as mis from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';

/** Every construct with every option that changes the manifest, for the checks that hold for all of them. */
export function everyOption(ml: mis.StackNamespace, chart: Chart): void {
  const agents = new mis.StackNamespace(chart, 'agents', {
    name: 'ml-nodes',
    podSecurity: mis.PodSecurity.PRIVILEGED,
    quota: { cpu: Cpu.units(8), memory: Size.gibibytes(8), pods: 20, gpus: 4 },
  });
  const database = mis.MongoDb.replicaSet(ml, 'mongo', { members: 3, storageClass: 'fast' });
  const repository = new mis.ComponentRepository(ml, 'repository', {
    store: database,
    replicas: mis.Replicas.fixed(2),
    callers: [mis.Peer.namespace('ci'), mis.Peer.network('192.0.2.0/24')],
    environment: { MIS_IMMUTABLE: 'true' },
  });
  new mis.ComponentRepository(ml, 'embedded', { store: mis.EmbeddedStore.onClaim({ storageClass: 'fast' }) });
  new mis.ComponentRepository(ml, 'external', {
    store: mis.MongoDb.external({ uri: mis.SecretKey.of('atlas', 'uri') }),
    exposure: mis.Exposure.loadBalancer({ annotations: { a: 'b' }, sourceRanges: ['192.0.2.0/24'] }),
  });
  const pipeline = new mis.InferencePipeline(ml, 'shared', { document: fallDetection });
  const sharing = mis.GpuSharing.timeSlicing({ replicas: 4, renamed: true });
  const server = new mis.InferenceServer(ml, 'fall', {
    pipelines: [pipeline],
    repository,
    replicas: mis.Replicas.between(2, 8, {
      signals: [
        mis.ScalingSignal.cpu(),
        mis.ScalingSignal.podsMetric({ metric: 'inference_queue_depth', average: 4 }),
      ],
    }),
    verticalScaling: mis.VerticalScaling.recommend({ minCpu: Cpu.units(1), maxMemory: Size.gibibytes(4) }),
    gpu: mis.Gpu.share(sharing, 1, { runtimeClass: 'nvidia', product: 'NVIDIA-A100' }),
    nodes: mis.NodePool.dedicated('inference'),
    architecture: mis.CpuArchitecture.AMD64,
    priorityClass: 'high',
    environment: { TOKEN: mis.SecretKey.of('token', 'value'), NODE_OPTIONS: '--max-old-space-size=512' },
    documentChange: mis.DocumentChange.RELOAD,
    requireSpread: true,
    exposure: mis.Exposure.nodePort(30051),
  });
  new mis.InferenceServer(ml, 'stateful', {
    pipelines: [pipeline],
    components: mis.ComponentSource.volume('models', { readOnly: false }),
    tls: mis.ServerTls.fromSecret('server-tls', { clientCa: 'clients' }),
    access: mis.ServerAccess.byToken({
      tokens: mis.SecretKey.of('inference-tokens', 'tokens'),
      issued: {
        keys: mis.SecretKey.of('issuer', 'jwks.json'),
        audience: 'mis',
        issuer: 'https://issuer.example',
        claim: 'scope',
      },
      endStreams: true,
    }),
    traces: mis.Traces.to('http://collector.observability:4318', {
      collector: mis.Peer.namespace('observability'),
      ratio: 0.1,
    }),
    repository,
    workload: mis.WorkloadKind.STATEFUL_SET,
    replicas: mis.Replicas.between(1, 3, {
      signals: [
        mis.ScalingSignal.queueTime({ target: Duration.millis(50), prometheus: 'http://prometheus:9090' }),
      ],
    }),
    verticalScaling: mis.VerticalScaling.atStart(),
  });
  const edge = new mis.EnvoyLoadBalancer(ml, 'edge', {
    backend: server,
    balancing: mis.Balancing.roundRobin(),
    replicas: mis.Replicas.between(2, 4),
    tls: mis.ListenerTls.fromSecret('edge-tls', { clientCa: 'clients' }),
    exposure: mis.Exposure.loadBalancer(),
  });
  new mis.GrpcRoute(ml, 'route', {
    gateway: { name: 'gateway', namespace: 'ingress', listener: 'grpc' },
    backend: server,
    hostnames: ['*.example.com'],
    services: ['extended_inference.ExtendedInferenceService'],
  });
  new mis.Monitoring(ml, 'monitoring', {
    targets: [server, edge, repository],
    nodeAgents: agents,
    gpu: { sharings: [sharing], runtimeClass: 'nvidia' },
    grafana: { adminPassword: mis.SecretKey.of('grafana', 'password') },
    storage: mis.PrometheusStorage.claim(Size.gibibytes(5), 'fast'),
  });
  new mis.BenchmarkJob(ml, 'load', {
    target: mis.BenchmarkTarget.balancer(edge),
    profile: { profile: 'fall-detection', devices: [10, 160], recording: 'fall.csv' },
    files: { 'fall.csv': 't1_x,t1_y,t1_z\n1,2,3\n' },
    deployment: '4 pods behind Envoy',
    tls: { authorities: 'edge-ca', client: 'driver-tls', serverName: 'edge' },
    token: mis.SecretKey.of('clients', 'benchmark'),
    results: mis.BenchmarkResults.claim({ size: Size.gibibytes(2), storageClass: 'fast' }),
    resources: mis.Resources.guaranteed(Cpu.units(4), Size.gibibytes(2)),
    processes: 3,
    timeLimit: Duration.hours(1),
    keepFor: Duration.hours(8),
    environment: { NODE_OPTIONS: '--max-old-space-size=512' },
    nodes: mis.NodePool.dedicated('benchmark'),
    architecture: mis.CpuArchitecture.AMD64,
    priorityClass: 'high',
  });
  new mis.BenchmarkJob(ml, 'outside', {
    target: mis.BenchmarkTarget.address('inference.example:443', mis.Peer.network('192.0.2.0/24')),
    profile: { profile: 'closed-loop' },
    results: mis.BenchmarkResults.volume('models'),
  });
  new mis.Monitoring(ml, 'operated', {
    targets: [server, edge],
    operator: { labels: { release: 'kube-prometheus-stack' } },
  });
  new mis.NvidiaRuntimeClass(chart, 'nvidia');
  const perNode = [mis.GpuSharing.mps({ replicas: 2 }), mis.GpuSharing.mig('1g.10gb')];
  new mis.GpuDevicePlugin(agents, 'gpu', { sharing, perNode, runtimeClass: 'nvidia' });
  new mis.GpuOperatorSharing(agents, 'operator', { sharing, perNode });
}
