import { type Duration } from 'cdk8s';
import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { ContainerImage } from '../images';
import { type BoundComponents } from '../pipeline/component-source';
import { type InferencePipeline } from '../pipeline/inference-pipeline';
import { checksum, CHECKSUM_ANNOTATION } from '../private/checksum';
import { type Identity } from '../private/labels';
import { podBasics } from '../private/pod-basics';
import { grpcProbe, httpProbe, type ProbeTimes, startupTimes } from '../private/probes';
import { restrictedContainer, USERS } from '../private/security';
import { containerPorts, type Port } from '../private/service-objects';
import { emptyDirVolume, readOnlyMount } from '../private/volumes';
import { toEnvironment } from '../workload/environment';
import { toSpread } from '../workload/placement';
import { type Resources } from '../workload/resources';
import { DocumentChange } from './document-change';
import { type InferenceServerProps, LogLevel } from './inference-server-props';
import { type PodAddition, secretPath } from './pod-addition';

export const SERVER_CONTAINER = 'server';
const PIPELINES_PATH = '/etc/mis/pipelines';
const GRPC_PORT = 50051;

/**
 * Seconds between the first word of stopping and SIGTERM: the server goes on serving while balancers take its address out
 * (Envoy looks names up every 5 s).
 */
const LEAVE_SECONDS = 10;
/** Seconds that a server gets beyond its drain timeout to close what is left. */
const CLOSE_SECONDS = 10;

export interface ServerPod {
  readonly props: InferenceServerProps;
  readonly identity: Identity;
  readonly components: readonly BoundComponents[];
  readonly resources: Resources;
  readonly times: { readonly drain: Duration; readonly startup: Duration };
  readonly pipelines: readonly InferencePipeline[];
  readonly ports: readonly Port[];
}

export function renderServerPod(scope: Construct, pod: ServerPod): k8s.PodTemplateSpec {
  const { props, identity, components, times } = pod;
  const basics = podBasics(scope, USERS.runtime, props);
  const gpu = props.gpu?._toPod();
  return {
    metadata: { labels: identity.labels, annotations: { [CHECKSUM_ANNOTATION]: contentChecksum(pod) } },
    spec: {
      ...basics,
      terminationGracePeriodSeconds:
        LEAVE_SECONDS + Math.ceil(times.drain.toSeconds({ integral: false })) + CLOSE_SECONDS,
      runtimeClassName: gpu?.runtimeClassName,
      nodeSelector: gpu?.nodeSelector ? { ...basics.nodeSelector, ...gpu.nodeSelector } : basics.nodeSelector,
      tolerations: gpu ? [...(basics.tolerations ?? []), ...(gpu.tolerations ?? [])] : basics.tolerations,
      topologySpreadConstraints: toSpread(identity.selector, props.requireSpread ?? false),
      containers: [renderContainer(scope, pod)],
      volumes: [
        pipelinesVolume(pod.pipelines),
        ...components.flatMap(({ volume }) => volume ?? []),
        ...additions(pod).flatMap(({ volumes }) => volumes ?? []),
        emptyDirVolume('tmp'),
      ],
    },
  };
}

function renderContainer(scope: Construct, pod: ServerPod): k8s.Container {
  const { props, components, times, resources } = pod;
  const environment = {
    ...(props.repository && { REPOSITORY_ADDRESS: props.repository.url }),
    ...Object.fromEntries(additions(pod).flatMap((addition) => Object.entries(addition.environment ?? {}))),
    ...props.environment,
  };
  const compute = resources._toKube();
  return {
    name: SERVER_CONTAINER,
    image: (props.image ?? ContainerImage.pinned(scope, 'runtime')).reference,
    imagePullPolicy: 'IfNotPresent',
    command: ['mis'],
    args: serverArguments(pod),
    env: toEnvironment(scope, environment),
    ports: containerPorts(pod.ports),
    resources: props.gpu ? withGpu(compute, props.gpu._limits()) : compute,
    securityContext: restrictedContainer(),
    ...probes(times.startup, props.tls !== undefined),
    lifecycle: { preStop: { exec: { command: ['sleep', String(LEAVE_SECONDS)] } } },
    volumeMounts: [
      readOnlyMount('pipelines', PIPELINES_PATH),
      ...components.flatMap(componentMount),
      ...additions(pod).flatMap(({ volumes = [] }) =>
        volumes.map(({ name }) => readOnlyMount(name, secretPath(name))),
      ),
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}

/** What TLS, tokens and traces add. */
function additions({ props, identity }: ServerPod): readonly PodAddition[] {
  return [props.tls?._toPod(), props.access?._toPod(), props.traces?._toPod(identity.name)].filter(
    (addition) => addition !== undefined,
  );
}

/** Kubernetes does not speak TLS to a gRPC health service: it is asked over HTTP then, which says the same. */
function probes(
  startup: Duration,
  overHttp: boolean,
): Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  const ask = (service: string, path: string, probe: ProbeTimes): k8s.Probe =>
    overHttp ? httpProbe('metrics', path, probe) : grpcProbe(GRPC_PORT, service, probe);
  return {
    // The whole server: loaded and warm. Only a start is allowed to take long.
    startupProbe: ask('', '/readyz', startupTimes(startup)),
    readinessProbe: ask('readiness', '/readyz', { period: 5, timeout: 3, failures: 2 }),
    // Answers while the process does, whatever becomes of its models: a restart would mend nothing else.
    livenessProbe: ask('liveness', '/healthz', { period: 10, timeout: 5, failures: 6 }),
  };
}

function serverArguments(pod: ServerPod): string[] {
  const { props, components, times, pipelines, ports } = pod;
  const [grpc, http] = ports.map(({ port }) => `0.0.0.0:${port}`);
  return [
    'serve',
    ...pipelines.map(({ _file }) => `${PIPELINES_PATH}/${_file.name}`),
    ...['--grpc', grpc ?? ''],
    ...['--http', http ?? ''],
    ...components.flatMap(({ path }) => ['--components', path]),
    ...['--drain-timeout', `${Math.ceil(times.drain.toSeconds({ integral: false }))}s`],
    ...['--reload', props.documentChange === DocumentChange.RELOAD ? 'watch' : 'off'],
    ...['--log-level', props.logLevel ?? LogLevel.INFO],
    ...additions(pod).flatMap((addition) => addition.arguments),
  ];
}

function componentMount({ volume, path, writable }: BoundComponents): k8s.VolumeMount[] {
  if (volume === undefined) return [];
  return [{ name: volume.name, mountPath: path, readOnly: writable ? undefined : true }];
}

/** All documents side by side in one directory; not by subPath, which would never see a change. */
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

function contentChecksum({ props, components, pipelines }: ServerPod): string {
  const documents =
    props.documentChange === DocumentChange.RELOAD ? [] : pipelines.map((pipeline) => pipeline.checksum);
  return checksum([documents, components.map((source) => source.checksum ?? null)]);
}
