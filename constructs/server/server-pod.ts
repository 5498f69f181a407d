import { type Duration } from 'cdk8s';
import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type BoundComponents } from '../pipeline/component-source';
import { type InferencePipeline } from '../pipeline/inference-pipeline';
import { checksum } from '../private/checksum';
import { type Identity } from '../private/labels';
import { podBasics } from '../workload/pod-basics';
import { listenAddress } from '../private/network-context';
import { grpcProbe, httpProbe, type ProbeTimes, startupTimes } from '../private/probes';
import { restrictedContainer, USERS } from '../private/security';
import { containerPorts, type Port } from '../workload/service-objects';
import { emptyDirVolume, readOnlyMount } from '../private/volumes';
import { type Gpu } from '../gpu/gpu';
import { type Environment, toEnvironment } from '../workload/environment';
import { toAntiAffinity, toSpread } from '../workload/placement';
import { type PodOptions } from '../workload/pod-options';
import { type Resources } from '../workload/resources';
import { type WorkloadPods } from '../workload/workload-objects';
import { type PodAddition, secretPath } from './pod-addition';

export const SERVER_CONTAINER = 'server';
const PIPELINES_PATH = '/etc/mis/pipelines';
const GRPC_PORT = 50051;

/**
 * Seconds between the start of termination and SIGTERM: the server keeps serving until balancers have dropped its address
 * (Envoy resolves names every 5 s).
 */
const LEAVE_SECONDS = 10;
/** Seconds after the drain timeout to close remaining connections. */
const CLOSE_SECONDS = 10;

export interface ServerPod {
  readonly identity: Identity;
  readonly image: string;
  readonly environment: Environment;
  readonly options: PodOptions;
  readonly resources: Resources;
  readonly gpu?: Gpu;
  readonly requireSpread: boolean;
  readonly times: { readonly drain: Duration; readonly startup: Duration };
  readonly ports: readonly Port[];
  readonly speaksTls: boolean;
  readonly pipelines: readonly InferencePipeline[];
  readonly components: readonly BoundComponents[];
  /** What TLS, tokens and traces add. */
  readonly additions: readonly PodAddition[];
  /** Whether running servers take up a changed document themselves. */
  readonly reload: boolean;
  readonly logLevel: string;
}

export function serverPods(scope: Construct, pod: ServerPod): WorkloadPods {
  const { identity, components, times } = pod;
  const basics = podBasics(scope, USERS.runtime, pod.options);
  const gpu = pod.gpu?._toPod();
  return {
    identity,
    options: pod.options,
    reloaded: pod.reload ? ['pipelines'] : undefined,
    checksum: contentChecksum(pod),
    spec: {
      ...basics,
      terminationGracePeriodSeconds:
        LEAVE_SECONDS + Math.ceil(times.drain.toSeconds({ integral: false })) + CLOSE_SECONDS,
      runtimeClassName: gpu?.runtimeClassName,
      nodeSelector: gpu?.nodeSelector ? { ...basics.nodeSelector, ...gpu.nodeSelector } : basics.nodeSelector,
      tolerations: gpu ? [...(basics.tolerations ?? []), ...(gpu.tolerations ?? [])] : basics.tolerations,
      topologySpreadConstraints: toSpread(identity.selector),
      affinity: pod.requireSpread ? toAntiAffinity(identity.selector) : undefined,
      containers: [renderContainer(scope, pod)],
      volumes: [
        pipelinesVolume(pod.pipelines),
        ...components.flatMap(({ volume }) => volume ?? []),
        ...pod.additions.flatMap(({ volumes }) => volumes ?? []),
        emptyDirVolume('tmp'),
      ],
    },
  };
}

function renderContainer(scope: Construct, pod: ServerPod): k8s.Container {
  const { components, times, resources } = pod;
  const compute = resources._toKube();
  return {
    name: SERVER_CONTAINER,
    image: pod.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['mis'],
    args: serverArguments(scope, pod),
    env: toEnvironment(scope, pod.environment),
    ports: containerPorts(pod.ports),
    resources: pod.gpu ? withGpu(compute, pod.gpu._limits()) : compute,
    securityContext: restrictedContainer(),
    ...probes(times.startup, pod.speaksTls),
    lifecycle: { preStop: { exec: { command: ['sleep', String(LEAVE_SECONDS)] } } },
    volumeMounts: [
      readOnlyMount('pipelines', PIPELINES_PATH),
      ...components.flatMap(componentMount),
      ...pod.additions.flatMap(({ volumes = [] }) =>
        volumes.map(({ name }) => readOnlyMount(name, secretPath(name))),
      ),
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}

/** The kubelet's gRPC probes cannot use TLS; over HTTP the server reports the same health. */
function probes(
  startup: Duration,
  overHttp: boolean,
): Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  const ask = (service: string, path: string, probe: ProbeTimes): k8s.Probe =>
    overHttp ? httpProbe('metrics', path, probe) : grpcProbe(GRPC_PORT, service, probe);
  return {
    // Ready for the first time: loaded and warm. Only the start may take long.
    startupProbe: ask('', '/readyz', startupTimes(startup)),
    readinessProbe: ask('readiness', '/readyz', { period: 5, timeout: 3, failures: 2 }),
    // Fails only when the process hangs: a restart helps nothing else.
    livenessProbe: ask('liveness', '/healthz', { period: 10, timeout: 5, failures: 6 }),
  };
}

function serverArguments(scope: Construct, pod: ServerPod): string[] {
  const { components, times, pipelines, ports } = pod;
  const [grpc, http] = ports.map(({ port }) => listenAddress(scope, port));
  return [
    'serve',
    ...pipelines.map(({ _file }) => `${PIPELINES_PATH}/${_file.name}`),
    ...['--grpc', grpc ?? ''],
    ...['--http', http ?? ''],
    ...components.flatMap(({ path }) => ['--components', path]),
    ...['--drain-timeout', `${Math.ceil(times.drain.toSeconds({ integral: false }))}s`],
    ...['--reload', pod.reload ? 'watch' : 'off'],
    ...['--log-level', pod.logLevel],
    ...pod.additions.flatMap((addition) => addition.arguments),
  ];
}

function componentMount({ volume, path, writable }: BoundComponents): k8s.VolumeMount[] {
  if (volume === undefined) return [];
  return [{ name: volume.name, mountPath: path, readOnly: writable ? undefined : true }];
}

/** All documents in one directory. Not by subPath, which is never updated. */
function pipelinesVolume(pipelines: readonly InferencePipeline[]): k8s.Volume {
  return {
    name: 'pipelines',
    projected: { sources: pipelines.map(({ configMap }) => ({ configMap: { name: configMap } })) },
  };
}

function withGpu(
  compute: k8s.ResourceRequirements,
  gpu: Record<string, k8s.Quantity>,
): k8s.ResourceRequirements {
  return { requests: { ...compute.requests, ...gpu }, limits: { ...compute.limits, ...gpu } };
}

function contentChecksum({ reload, components, pipelines }: ServerPod): string {
  const documents = reload ? [] : pipelines.map((pipeline) => pipeline.checksum);
  return checksum([documents, components.map((source) => source.checksum ?? null)]);
}
