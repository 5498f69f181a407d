import { ApiObject, Duration, JsonPatch, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import * as mis from '../../../constructs';
import { fallDetection } from '../../../stacks/pipelines/fall-detection/pipeline';
import { createProgram } from '../../../runtime/cli/program';
import { at, find, synthesize } from '../../fixtures/synthesize';

const components = mis.ComponentSource.image('/app/components');

function deploy(props: Partial<mis.InferenceServerProps> = {}) {
  return synthesize(
    (ml) => void new mis.InferenceServer(ml, 'fall', { pipelines: [fallDetection], components, ...props }),
  );
}
const pod = (props: Partial<mis.InferenceServerProps> = {}, kind = 'Deployment') =>
  at(find(deploy(props), kind, 'fall'), 'spec.template.spec');
const container = (props: Partial<mis.InferenceServerProps> = {}) => at(pod(props), 'containers.0');

describe('InferenceServer', () => {
  it('starts the runtime with its documents, addresses and components', () => {
    expect(at(container(), 'args')).toEqual([
      ...[
        'serve',
        '/etc/mis/pipelines/fall-detection.yaml',
        '--grpc',
        '0.0.0.0:50051',
        '--http',
        '0.0.0.0:9000',
      ],
      ...[
        '--components',
        '/app/components',
        '--drain-timeout',
        '30s',
        '--reload',
        'off',
        '--log-level',
        'info',
      ],
    ]);
  });

  it('asks the health service: the whole to start, readiness, and liveness apart from the model', () => {
    expect(at(container({ startupTimeout: Duration.minutes(2) }), 'startupProbe')).toMatchObject({
      grpc: { port: 50051, service: '' },
      periodSeconds: 2,
      failureThreshold: 60,
    });
    expect(at(container(), 'readinessProbe.grpc')).toEqual({ port: 50051, service: 'readiness' });
    expect(at(container(), 'livenessProbe.grpc')).toEqual({ port: 50051, service: 'liveness' });
  });

  it('gives a stopping pod its drain timeout, and time before and after it', () => {
    const spec = pod({ drainTimeout: Duration.minutes(2) });
    expect(at(spec, 'terminationGracePeriodSeconds')).toBe(10 + 120 + 10);
    expect(at(spec, 'containers.0.lifecycle.preStop.exec.command')).toEqual(['sleep', '10']);
    expect(at(spec, 'containers.0.args')).toContain('120s');
  });

  it('is Guaranteed with whole CPUs by default', () => {
    const { requests, limits } = at(container(), 'resources') as Record<string, unknown>;
    expect(requests).toEqual({ cpu: '2', memory: '2048Mi' });
    expect(limits).toEqual(requests);
  });

  it('keeps the restricted profile', () => {
    const spec = pod();
    expect(at(spec, 'securityContext')).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(at(spec, 'containers.0.securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
    expect(at(spec, 'automountServiceAccountToken')).toBe(false);
    expect(at(spec, 'initContainers')).toBeUndefined();
  });

  it('rolls its pods when the document changes, unless they reload it', () => {
    const changed = { ...fallDetection, description: 'another' };
    const annotation = (props: Partial<mis.InferenceServerProps>) =>
      at(find(deploy(props), 'Deployment', 'fall'), 'spec.template.metadata.annotations');
    expect(annotation({ pipelines: [changed] })).not.toEqual(annotation({}));
    const documentChange = mis.DocumentChange.RELOAD;
    expect(annotation({ documentChange, pipelines: [changed] })).toEqual(annotation({ documentChange }));
    expect(at(container({ documentChange }), 'args')).toEqual(expect.arrayContaining(['--reload', 'watch']));
  });

  it('serves several pipelines from one directory', () => {
    const objects = deploy({ pipelines: [fallDetection, { ...fallDetection, name: 'second' }] });
    const spec = at(find(objects, 'Deployment', 'fall'), 'spec.template.spec');
    expect(at(spec, 'volumes.0.projected.sources')).toEqual([
      { configMap: { name: 'fall-fall-detection' } },
      { configMap: { name: 'fall-second' } },
    ]);
    expect(at(spec, 'containers.0.args.2')).toBe('/etc/mis/pipelines/second.yaml');
  });

  it('fetches from a repository into a directory of its own, with a policy on both sides', () => {
    const objects = synthesize((ml) => {
      const repository = new mis.ComponentRepository(ml, 'repository', {
        store: mis.EmbeddedStore.onClaim(),
      });
      new mis.InferenceServer(ml, 'fall', {
        pipelines: [fallDetection],
        repository,
        components,
        fetchRoom: Size.gibibytes(1),
      });
    });
    const spec = at(find(objects, 'Deployment', 'fall'), 'spec.template.spec');
    expect(at(spec, 'containers.0.env')).toEqual([
      { name: 'REPOSITORY_ADDRESS', value: 'http://repository.ml.svc.cluster.local:9012' },
    ]);
    expect(at(spec, 'containers.0.args')).toEqual(
      expect.arrayContaining(['--components', '/var/lib/mis/components', '--components', '/app/components']),
    );
    expect(at(spec, 'volumes.1')).toEqual({ name: 'fetched', emptyDir: { sizeLimit: '1024Mi' } });
    const selector = {
      matchLabels: {
        'app.kubernetes.io/name': 'component-repository',
        'app.kubernetes.io/instance': 'repository',
      },
    };
    expect(at(find(objects, 'NetworkPolicy', 'fall'), 'spec.egress.1')).toEqual({
      to: [{ podSelector: selector }],
      ports: [{ protocol: 'TCP', port: 9012 }],
    });
    expect(at(find(objects, 'NetworkPolicy', 'repository'), 'spec.ingress.0.ports.0.port')).toBe(9012);
  });

  it('is scaled by CPU and names no number of replicas then', () => {
    const objects = deploy({
      replicas: mis.Replicas.between(2, 8, { scaleDownAfter: Duration.minutes(10) }),
    });
    expect(at(find(objects, 'Deployment', 'fall'), 'spec.replicas')).toBeUndefined();
    const { spec } = find(objects, 'HorizontalPodAutoscaler', 'fall');
    expect(spec).toMatchObject({
      minReplicas: 2,
      maxReplicas: 8,
      scaleTargetRef: { kind: 'Deployment', name: 'fall' },
    });
    expect(at(spec, 'metrics.0.resource.target.averageUtilization')).toBe(70);
    expect(at(spec, 'behavior.scaleDown')).toMatchObject({
      stabilizationWindowSeconds: 600,
      policies: [{ value: 1 }],
    });
  });

  it('is scaled by the time in the queue through KEDA, which then makes the only autoscaler', () => {
    const signal = mis.ScalingSignal.queueTime({ target: Duration.millis(50), prometheus: 'http://p:9090' });
    const objects = deploy({
      replicas: mis.Replicas.between(2, 8, { signals: [signal, mis.ScalingSignal.cpu()] }),
    });
    expect(objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')).toEqual([]);
    const trigger = at(find(objects, 'ScaledObject', 'fall'), 'spec.triggers.0');
    expect(trigger).toMatchObject({
      type: 'prometheus',
      metricType: 'Value',
      metadata: { threshold: '0.05', ignoreNullValues: 'false' },
    });
    expect(at(trigger, 'metadata.query')).toContain(
      'inference_queue_seconds_sum{pod=~"fall-[a-z0-9]+-[a-z0-9]{5}",namespace="ml"}',
    );
  });

  it('is a StatefulSet where its pods need names', () => {
    const statefulSet = find(deploy({ workload: mis.WorkloadKind.STATEFUL_SET }), 'StatefulSet', 'fall');
    expect(statefulSet.spec).toMatchObject({
      serviceName: 'fall-headless',
      podManagementPolicy: 'Parallel',
      replicas: 1,
    });
  });

  it('asks for a share of a GPU under its name, and does not wait for a second one in a rollout', () => {
    const sharing = mis.GpuSharing.mps({ replicas: 4, renamed: true });
    const inferencer = { ...fallDetection.inferencer, providers: ['cuda', 'cpu'] };
    const pipelines = [{ ...fallDetection, inferencer }];
    const objects = deploy({ pipelines, gpu: mis.Gpu.share(sharing, 1, { runtimeClass: 'nvidia' }) });
    const spec = at(find(objects, 'Deployment', 'fall'), 'spec');
    expect(at(spec, 'strategy.rollingUpdate')).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(at(spec, 'template.spec')).toMatchObject({
      runtimeClassName: 'nvidia',
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    });
    const { requests, limits } = at(spec, 'template.spec.containers.0.resources') as Record<
      string,
      Record<string, unknown>
    >;
    expect(requests?.['nvidia.com/gpu.shared']).toBe(1);
    expect(limits?.['nvidia.com/gpu.shared']).toBe(1);
  });

  it('runs on nodes of its role, of its processor and of its priority', () => {
    expect(
      pod({
        nodes: mis.NodePool.dedicated('inference'),
        architecture: mis.CpuArchitecture.ARM64,
        priorityClass: 'high',
      }),
    ).toMatchObject({
      nodeSelector: { 'kubernetes.io/arch': 'arm64', 'modular-inference-stack/role': 'inference' },
      tolerations: [
        { key: 'modular-inference-stack/role', operator: 'Equal', value: 'inference', effect: 'NoSchedule' },
      ],
      priorityClassName: 'high',
    });
  });

  it('prefers different nodes, or insists', () => {
    const spread = (props: Partial<mis.InferenceServerProps>) =>
      at(pod(props), 'topologySpreadConstraints.1');
    expect(spread({})).toMatchObject({
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
    });
    expect(at(pod({}), 'affinity')).toBeUndefined();
    expect(at(pod({ requireSpread: true }), 'affinity')).toEqual({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: {
              matchLabels: {
                'app.kubernetes.io/name': 'inference-server',
                'app.kubernetes.io/instance': 'fall',
              },
            },
          },
        ],
      },
    });
  });

  it('with required spread needs no free node for a new version', () => {
    const strategy = (props: Partial<mis.InferenceServerProps>) =>
      at(find(deploy(props), 'Deployment', 'fall'), 'spec.strategy.rollingUpdate');
    expect(strategy({ requireSpread: true })).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(strategy({})).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  });

  it('takes variables by value and by reference', () => {
    const environment = { A: '1', B: mis.SecretKey.of('s', 'k') };
    expect(at(container({ environment }), 'env')).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    ]);
  });

  it('lets callers in that it is told of, and nobody else', () => {
    const ingress = at(
      find(deploy({ callers: [mis.Peer.namespace('clients')] }), 'NetworkPolicy', 'fall'),
      'spec.ingress',
    );
    expect(ingress).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'clients' } } }],
        ports: [{ protocol: 'TCP', port: 50051 }],
      },
    ]);
    expect(at(find(deploy({ callers: [] }), 'NetworkPolicy', 'fall'), 'spec.ingress')).toBeUndefined();
  });

  it('offers one name for clients and one that resolves to its pods', () => {
    const objects = deploy({ exposure: mis.Exposure.nodePort(30051) });
    expect(find(objects, 'Service', 'fall').spec).toMatchObject({
      type: 'NodePort',
      ports: [{ nodePort: 30051, appProtocol: 'kubernetes.io/h2c' }],
    });
    expect(find(objects, 'Service', 'fall-headless').spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: false,
    });
  });

  it('can be patched, with fields that this version of the API does not know', () => {
    const objects = synthesize((ml) => {
      const server = new mis.InferenceServer(ml, 'fall', { pipelines: [fallDetection], components });
      ApiObject.of(server).addJsonPatch(
        JsonPatch.add('/spec/template/spec/containers/0/lifecycle/preStop', { sleep: { seconds: 5 } }),
      );
    });
    expect(
      at(find(objects, 'Deployment', 'fall'), 'spec.template.spec.containers.0.lifecycle.preStop'),
    ).toEqual({ sleep: { seconds: 5 } });
  });

  it('recommends sizes only', () => {
    const verticalScaling = mis.VerticalScaling.recommend({ maxCpu: Cpu.units(4) });
    expect(find(deploy({ verticalScaling }), 'VerticalPodAutoscaler', 'fall').spec).toMatchObject({
      updatePolicy: { updateMode: 'Off' },
      resourcePolicy: { containerPolicies: [{ containerName: 'server', maxAllowed: { cpu: '4' } }] },
    });
  });

  describe('with TLS', () => {
    const tls = mis.ServerTls.fromSecret('server-tls', { clientCa: 'clients' });

    it('mounts the certificates as whole volumes, so that renewed ones arrive', () => {
      expect(at(container({ tls }), 'args')).toEqual(
        expect.arrayContaining([
          ...['--tls-cert', '/etc/mis/tls/tls.crt', '--tls-key', '/etc/mis/tls/tls.key'],
          ...['--tls-client-ca', '/etc/mis/client-ca/ca.crt'],
        ]),
      );
      expect(at(container({ tls }), 'volumeMounts')).toEqual(
        expect.arrayContaining([
          { name: 'tls', mountPath: '/etc/mis/tls', readOnly: true },
          { name: 'client-ca', mountPath: '/etc/mis/client-ca', readOnly: true },
        ]),
      );
      expect(at(pod({ tls }), 'volumes')).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            name: 'tls',
            secret: expect.objectContaining({ secretName: 'server-tls' }) as unknown,
          }),
        ]),
      );
    });

    it('is asked for its health over HTTP, and announced as no plain HTTP/2', () => {
      const probed = container({ tls });
      for (const [probe, path] of Object.entries({
        startupProbe: '/readyz',
        readinessProbe: '/readyz',
        livenessProbe: '/healthz',
      })) {
        expect(at(probed, probe)).toMatchObject({ httpGet: { path, port: 'metrics' } });
      }
      const ports = at(find(deploy({ tls }), 'Service', 'fall'), 'spec.ports') as object[];
      expect(ports[0]).not.toHaveProperty('appProtocol');
    });
  });

  it('asks for tokens, out of Secrets that are mounted', () => {
    const access = mis.ServerAccess.byToken({
      tokens: mis.SecretKey.of('inference-tokens', 'devices'),
      issued: { keys: mis.SecretKey.of('issuer', 'keys'), audience: 'mis', issuer: 'https://issuer.example' },
      endStreams: true,
    });
    expect(at(container({ access }), 'args')).toEqual(
      expect.arrayContaining([
        ...['--tokens', '/etc/mis/tokens/tokens', '--jwks', '/etc/mis/jwks/jwks.json'],
        ...['--jwt-audience', 'mis', '--jwt-issuer', 'https://issuer.example', '--token-expiry', 'end'],
      ]),
    );
    expect(at(pod({ access }), 'volumes')).toEqual(
      expect.arrayContaining([
        {
          name: 'tokens',
          secret: { secretName: 'inference-tokens', items: [{ key: 'devices', path: 'tokens' }] },
        },
        { name: 'jwks', secret: { secretName: 'issuer', items: [{ key: 'keys', path: 'jwks.json' }] } },
      ]),
    );
    expect(at(container({ access }), 'readinessProbe.grpc')).toEqual({ port: 50051, service: 'readiness' });
  });

  it('sends traces to a collector that its policy lets it reach', () => {
    const traces = mis.Traces.to('http://collector.observability:4318', {
      collector: mis.Peer.namespace('observability'),
      ratio: 0.1,
    });
    expect(at(container({ traces }), 'args')).toEqual(
      expect.arrayContaining(['--otlp-endpoint', 'http://collector.observability:4318']),
    );
    expect(at(container({ traces }), 'env')).toEqual([
      { name: 'OTEL_SERVICE_NAME', value: 'fall' },
      { name: 'OTEL_TRACES_SAMPLER', value: 'parentbased_traceidratio' },
      { name: 'OTEL_TRACES_SAMPLER_ARG', value: '0.1' },
    ]);
    const egress = at(find(deploy({ traces }), 'NetworkPolicy', 'fall'), 'spec.egress') as object[];
    expect(egress).toContainEqual({
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'observability' } } }],
      ports: [{ protocol: 'TCP', port: 4318 }],
    });
  });

  it('takes options that its runtime takes, whatever is chosen', () => {
    const { args } = container({
      tls: mis.ServerTls.fromSecret('server-tls'),
      access: mis.ServerAccess.byToken({
        issued: { keys: mis.SecretKey.of('issuer', 'keys'), audience: 'mis', claim: 'scope' },
      }),
      traces: mis.Traces.to('http://collector', { collector: mis.Peer.sameNamespace() }),
    }) as { args: string[] };
    const known = createProgram().commands.find((command) => command.name() === 'serve')?.options;
    for (const name of args.filter((argument) => argument.startsWith('--'))) {
      expect(known?.map(({ long }) => long)).toContain(name);
    }
  });
});
