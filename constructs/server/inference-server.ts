import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type PipelineDocumentInput } from '../../runtime/definition';
import { Gpu } from '../gpu/gpu';
import { type ContainerImage, imageReference } from '../images';
import { type IMonitored, type ScrapeTarget } from '../monitoring/scrape-target';
import { Connections } from '../network/connections';
import { Peer } from '../network/peer';
import { type BoundComponents, ComponentSource, fetchedComponents } from '../pipeline/component-source';
import { InferencePipeline } from '../pipeline/inference-pipeline';
import { ModelCheck } from '../pipeline/model-check';
import { refuse, requireInstance, requireInteger, requireSeconds } from '../private/checks';
import { identify, type Identity } from '../private/labels';
import { namespaceOf, serviceHost } from '../private/names';
import { portOf } from '../private/urls';
import { type IComponentRepository } from '../repository/component-repository-reference';
import { HorizontalAutoscaler } from '../scaling/horizontal-autoscaler';
import { Replicas } from '../scaling/replicas';
import { addVerticalScaling, type VerticalScaling } from '../scaling/vertical-scaling';
import { type CertificateAuthorities } from '../workload/certificate-authorities';
import { type Environment } from '../workload/environment';
import { Exposure } from '../workload/exposure';
import { type PodOptions } from '../workload/pod-options';
import { Resources } from '../workload/resources';
import { SecretKey } from '../workload/secret-key';
import { addHeadlessService, addService, type Port } from '../workload/service-objects';
import {
  addDeployment,
  addDisruptionBudget,
  addStatefulSet,
  type WorkloadPods,
} from '../workload/workload-objects';
import { type IInferenceBackend } from './inference-backend';
import { type PodAddition, secretPath, secretVolume } from './pod-addition';
import { Rollout, toStrategy } from './rollout';
import { ServerAccess } from './server-access';
import { SERVER_CONTAINER, serverPods } from './server-pod';
import { ServerTls } from './server-tls';
import { Traces } from './traces';

/** Kind of the object that creates the pods. */
export enum WorkloadKind {
  DEPLOYMENT = 'Deployment',
  /** Pods with fixed names (`fall-0`, `fall-1`) that can be addressed one by one. */
  STATEFUL_SET = 'StatefulSet',
}

/** Log level on standard error. */
export enum LogLevel {
  ERROR = 'error',
  WARN = 'warn',
  INFO = 'info',
  DEBUG = 'debug',
}

/** How running servers get a changed pipeline document. */
export enum DocumentChange {
  /** Pods are replaced, as for any other change. */
  ROLL = 'roll',
  /**
   * Running servers load and check the changed file and switch to it without losing a request; a bad one is refused and the
   * previous one keeps serving. The kubelet takes up to two minutes to write the file.
   */
  RELOAD = 'reload',
}

export interface InferenceServerProps extends PodOptions {
  /** What the server serves: documents, or pipelines that several servers share. At least one. */
  readonly pipelines: readonly (PipelineDocumentInput | InferencePipeline)[];
  /**
   * Repository for models and components that `components` does not have. Fetched files are kept for the pod's lifetime, or in
   * `components` where that is a writable volume.
   *
   * @default - none: `components` must have all of them
   */
  readonly repository?: IComponentRepository;
  /**
   * Keys of Secrets with public keys (PEM): code from the repository runs only with the signature of one of them.
   *
   * @default - none: no code from the repository runs
   */
  readonly trustedKeys?: readonly SecretKey[];
  /**
   * Components that need not be fetched.
   *
   * @default - none
   */
  readonly components?: ComponentSource;
  /**
   * Disk space on the node for fetched components.
   *
   * @default Size.gibibytes(5)
   */
  readonly fetchRoom?: Size;
  /**
   * Number of pods.
   *
   * @default Replicas.fixed(1)
   */
  readonly replicas?: Replicas;
  /**
   * CPU and memory of a pod. The server starts one thread for each whole CPU.
   *
   * @default Resources.guaranteed(Cpu.units(2), Size.gibibytes(2))
   */
  readonly resources?: Resources;
  /**
   * Mode of the Vertical Pod Autoscaler.
   *
   * @default - none; the autoscaler need not be in the cluster
   */
  readonly verticalScaling?: VerticalScaling;
  /**
   * GPU that a pod requests.
   *
   * @default - none
   */
  readonly gpu?: Gpu;
  /**
   * How a changed document reaches running pods.
   *
   * @default DocumentChange.ROLL
   */
  readonly documentChange?: DocumentChange;
  /**
   * Deployment or StatefulSet.
   *
   * @default WorkloadKind.DEPLOYMENT
   */
  readonly workload?: WorkloadKind;
  /**
   * How pods of a Deployment are replaced.
   *
   * @default - Rollout.SURGE; with a GPU or `requireSpread`, where a new pod may find no node, Rollout.REPLACE
   */
  readonly rollout?: Rollout;
  /**
   * Whether pods must be on different nodes: one that finds no free node stays Pending. Otherwise they are spread where
   * possible.
   *
   * @default false
   */
  readonly requireSpread?: boolean;
  /**
   * How long a stopping server may finish requests in flight. The pod's termination grace period follows from it.
   *
   * @default Duration.seconds(30)
   */
  readonly drainTimeout?: Duration;
  /**
   * How long a server may take to fetch, load and warm up before the kubelet restarts it.
   *
   * @default Duration.minutes(10)
   */
  readonly startupTimeout?: Duration;
  /**
   * From where the Service can be reached.
   *
   * @default Exposure.cluster()
   */
  readonly exposure?: Exposure;
  /**
   * Port of the Service.
   *
   * @default 50051
   */
  readonly port?: number;
  /**
   * Who may call the server, in addition to its balancer.
   *
   * @default - pods of the same namespace; with an exposure beyond the cluster anyone
   */
  readonly callers?: readonly Peer[];
  /**
   * TLS between clients and the server. A balancer of this package uses plain HTTP/2 to its servers: terminate TLS there instead.
   *
   * @default - none (h2c)
   */
  readonly tls?: ServerTls;
  /**
   * Who may call, by token. `callers` restricts it by network as well.
   *
   * @default - everyone that the NetworkPolicy lets through
   */
  readonly access?: ServerAccess;
  /**
   * Where traces are sent.
   *
   * @default - nowhere
   */
  readonly traces?: Traces;
  /**
   * More environment variables.
   *
   * @default - none
   */
  readonly environment?: Environment;
  /**
   * How much is logged.
   *
   * @default LogLevel.INFO
   */
  readonly logLevel?: LogLevel;
  /**
   * Another image than this package's.
   *
   * @default - the image of this release
   */
  readonly image?: ContainerImage;
}

/** A server with a small model needs about 100 MiB. */
const LEAST_MEMORY = Size.mebibytes(128);
const METRICS: Port = { name: 'metrics', port: 9000 };

/**
 * Inference servers that serve one or several pipelines over gRPC: pods behind a Service and a headless Service (`…-headless`),
 * with probes, disruption budget, NetworkPolicy, the pipelines' ConfigMaps and, where the number of replicas is a range, an
 * autoscaler. A pod is ready when every pipeline is loaded and warm; a stopping pod first finishes requests in flight.
 *
 * The Service does not balance streams: a gRPC client stays on one pod. Put an {@link EnvoyLoadBalancer} in front of several.
 *
 * @example
 * const server = new InferenceServer(ml, 'fall', {
 *   pipelines: [fallDetection],
 *   repository,
 *   replicas: Replicas.between(2, 8),
 * });
 */
export class InferenceServer extends Construct implements IInferenceBackend, IMonitored {
  readonly connections: Connections;
  readonly serviceName: string;
  /** Host of the Service. */
  readonly host: string;
  readonly headlessHost: string;
  readonly grpcPort = 50051;
  /** Port of the Service. */
  readonly servicePort: number;
  readonly speaksTls: boolean;
  readonly pipelines: readonly InferencePipeline[];
  private autoscaler?: HorizontalAutoscaler;
  private readonly ports: readonly Port[];
  /** What Prometheus scrapes. */
  readonly scrapeTarget: ScrapeTarget;

  constructor(scope: Construct, id: string, props: InferenceServerProps) {
    super(scope, id);
    const identity = identify(this, 'inference-server');
    this.pipelines = this.toPipelines(props.pipelines);
    const components = this.bindComponents(props, identity);

    this.connections = new Connections(this, identity);
    const exposure = requireInstance(
      this,
      'exposure',
      props.exposure ?? Exposure.cluster(),
      Exposure,
      'Exposure.cluster()',
    );
    for (const caller of props.callers ?? [exposure.external ? Peer.anywhere() : Peer.sameNamespace()]) {
      this.connections.allowFrom(caller, this.grpcPort);
    }
    if (props.gpu !== undefined) this.requireGpu(props.gpu);
    const additions = this.toAdditions(props, identity);
    if (props.traces) this.connections.allowTo(props.traces._collector, props.traces._port);
    this.speaksTls = props.tls !== undefined;
    if (props.repository) connectToRepository(this.connections, props.repository);

    // Gateways need to know of plain HTTP/2; over TLS it is negotiated.
    const grpc = { name: 'grpc', port: this.grpcPort, http2: !this.speaksTls };
    this.ports = [grpc, METRICS];
    this.servicePort = requireInteger(this, 'port', props.port ?? this.grpcPort, 1, 65_535);
    // Metrics stay inside the cluster.
    const published = [{ ...grpc, servicePort: this.servicePort }, ...(exposure.external ? [] : [METRICS])];
    addService(this, identity, published, exposure);
    this.serviceName = identity.name;
    this.host = serviceHost(this, identity.name);
    this.headlessHost = serviceHost(this, addHeadlessService(this, identity, this.ports));
    this.addWorkload(identity, components, additions, props);
    this.scrapeTarget = {
      job: identity.app,
      workload: this,
      selector: identity.selector,
      port: 'metrics',
      containerPort: 9000,
      onScraped: (prometheus) => this.autoscaler?.usePrometheus(prometheus),
    };
  }

  private addWorkload(
    identity: Identity,
    components: readonly BoundComponents[],
    additions: readonly PodAddition[],
    props: InferenceServerProps,
  ): void {
    const kind = props.workload ?? WorkloadKind.DEPLOYMENT;
    const replicas = requireInstance(
      this,
      'replicas',
      props.replicas ?? Replicas.fixed(1),
      Replicas,
      'Replicas.fixed(2)',
    );
    const resources = requireInstance(
      this,
      'resources',
      props.resources ?? Resources.guaranteed(Cpu.units(2), Size.gibibytes(2)),
      Resources,
      'Resources.guaranteed(Cpu.units(2), Size.gibibytes(2))',
    );
    if (resources.memory.toKibibytes() < LEAST_MEMORY.toKibibytes()) {
      const least = `at least Size.mebibytes(${LEAST_MEMORY.toMebibytes()}): with less the server does not start`;
      refuse(this, 'resources', `${resources.memory.toMebibytes()} MiB of memory`, least);
    }
    const times = {
      drain: props.drainTimeout ?? Duration.seconds(30),
      startup: props.startupTimeout ?? Duration.minutes(10),
    };
    requireSeconds(this, 'drainTimeout', times.drain, 1, 3600);
    requireSeconds(this, 'startupTimeout', times.startup, 5, 86_400);
    const pods = serverPods(this, {
      identity,
      components,
      resources,
      times,
      pipelines: this.pipelines,
      ports: this.ports,
      image: imageReference(this, props.image, 'runtime'),
      environment: {
        ...(props.repository && { REPOSITORY_ADDRESS: props.repository.url }),
        ...Object.fromEntries(additions.flatMap(({ environment = {} }) => Object.entries(environment))),
        ...props.environment,
      },
      options: { ...props, certificateAuthorities: this.toAuthorities(props) },
      additions,
      gpu: props.gpu,
      requireSpread: props.requireSpread ?? false,
      speaksTls: this.speaksTls,
      reload: props.documentChange === DocumentChange.RELOAD,
      logLevel: props.logLevel ?? LogLevel.INFO,
    });
    this.addPods(kind, pods, replicas, props);
    addDisruptionBudget(this, identity);
    this.addScaling(kind, identity, replicas, props);
  }

  private addPods(
    kind: WorkloadKind,
    pods: WorkloadPods,
    replicas: Replicas,
    props: InferenceServerProps,
  ): void {
    const count = replicas.autoscaled ? undefined : replicas.min;
    if (kind === WorkloadKind.STATEFUL_SET) {
      if (props.rollout !== undefined) {
        refuse(this, 'rollout', props.rollout, 'left out: a StatefulSet always replaces its pods one by one');
      }
      addStatefulSet(this, pods, { replicas: count, serviceName: `${pods.identity.name}-headless` });
      return;
    }
    const full = props.gpu !== undefined || props.requireSpread === true;
    const rollout = props.rollout ?? (full ? Rollout.REPLACE : Rollout.SURGE);
    const progressDeadlineSeconds = (props.startupTimeout ?? Duration.minutes(10)).toSeconds() + 60;
    addDeployment(this, pods, { replicas: count, strategy: toStrategy(rollout), progressDeadlineSeconds });
  }

  private addScaling(
    kind: WorkloadKind,
    identity: Identity,
    replicas: Replicas,
    props: InferenceServerProps,
  ): void {
    if (props.verticalScaling) {
      const onCpu = replicas.signals.some((signal) => signal._settings.kind === 'resource');
      if (props.verticalScaling._mode !== 'Off' && onCpu) {
        refuse(
          this,
          'verticalScaling',
          'VerticalScaling.atStart',
          'VerticalScaling.recommend() where replicas follow the CPU: both would answer one load',
        );
      }
      addVerticalScaling(this, identity, kind, SERVER_CONTAINER, props.verticalScaling);
    }
    if (replicas.autoscaled) {
      const target = { kind, name: identity.name };
      this.autoscaler = new HorizontalAutoscaler(this, 'Autoscaler', {
        target,
        labels: identity.labels,
        replicas,
      });
    }
  }

  private toPipelines(given: InferenceServerProps['pipelines']): InferencePipeline[] {
    if (!Array.isArray(given) || given.length === 0) {
      refuse(this, 'pipelines', given, 'at least one pipeline document or InferencePipeline');
    }
    const pipelines = Array.from(given as InferenceServerProps['pipelines'], (pipeline) => {
      if (typeof pipeline !== 'object' || pipeline === null) {
        const allowed =
          'pipeline documents or InferencePipelines; a YAML file is read by InferencePipeline.fromFile';
        refuse(this, 'pipelines', pipeline, allowed);
      }
      if (!(pipeline instanceof InferencePipeline)) {
        return new InferencePipeline(this, String(pipeline.name), { document: pipeline });
      }
      if (namespaceOf(pipeline) === namespaceOf(this)) return pipeline;
      return refuse(
        this,
        'pipelines',
        pipeline.node.path,
        "made in the server's own namespace: a pod mounts no other",
      );
    });
    const names = pipelines.map(({ document }) => document.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) refuse(this, 'pipelines', twice, 'pipelines with different names');
    return pipelines;
  }

  private bindComponents(props: InferenceServerProps, identity: Identity): readonly BoundComponents[] {
    const { repository, components, fetchRoom = Size.gibibytes(5) } = props;
    requireInstance(this, 'fetchRoom', fetchRoom, Size, 'Size.gibibytes(5)');
    if (components !== undefined)
      requireInstance(this, 'components', components, ComponentSource, "ComponentSource.volume('models')");
    if (repository !== undefined && typeof repository.url !== 'string') {
      const example = "a ComponentRepository, e.g. ComponentRepository.fromUrl('https://repository.example')";
      refuse(this, 'repository', repository, example);
    }
    if (!repository && !components) {
      refuse(
        this,
        'components',
        components,
        'a folder, a volume or a path in the image, or else there must be a repository',
      );
    }
    const bound = components?._bind(this, identity);
    const folder = components?._folder;
    if (folder)
      new ModelCheck(
        this,
        this.pipelines.map(({ _file }) => _file),
        folder,
        repository !== undefined,
      );
    if (!repository || bound?.writable) return bound ? [bound] : [];
    // First: the server stores fetched components in the first directory.
    return [fetchedComponents(fetchRoom), ...(bound ? [bound] : [])];
  }

  /** A GPU that no pipeline uses would be booked for nothing. */
  private requireGpu(gpu: Gpu): void {
    requireInstance(this, 'gpu', gpu, Gpu, 'Gpu.whole()');
    const nameOf = (provider: string | { readonly name: string }) =>
      typeof provider === 'string' ? provider : provider.name;
    const usesGpu = this.pipelines.some(({ document }) =>
      (document.inferencer.providers ?? []).some((provider) => nameOf(provider) !== 'cpu'),
    );
    if (usesGpu) return;
    const allowed =
      "left out, or a pipeline must use it: 'inferencer.providers: [cuda, cpu]', with an image that has a GPU build of ONNX Runtime";
    refuse(this, 'gpu', gpu, allowed);
  }

  /** Node.js reads one file of authorities. */
  private toAuthorities(props: InferenceServerProps): CertificateAuthorities | undefined {
    const ofRepository = props.repository?.certificateAuthorities;
    if (ofRepository && props.certificateAuthorities && ofRepository !== props.certificateAuthorities) {
      const allowed = "the same as the repository's: put all authorities into one file";
      refuse(this, 'certificateAuthorities', 'given', allowed);
    }
    return props.certificateAuthorities ?? ofRepository;
  }

  /** What TLS, tokens and traces add to the pods. */
  private toAdditions(props: InferenceServerProps, { name }: Identity): PodAddition[] {
    const { tls, access, traces } = props;
    for (const key of props.trustedKeys ?? [])
      requireInstance(this, 'trustedKeys', key, SecretKey, "SecretKey.of('signing', 'key.pem')");
    if (tls !== undefined) requireInstance(this, 'tls', tls, ServerTls, "ServerTls.fromSecret('server-tls')");
    if (access !== undefined) {
      const example = "ServerAccess.byToken({ tokens: SecretKey.of('inference-tokens', 'tokens') })";
      requireInstance(this, 'access', access, ServerAccess, example);
    }
    if (traces !== undefined) {
      const example = "Traces.to('http://collector:4318', { collector: Peer.sameNamespace() })";
      requireInstance(this, 'traces', traces, Traces, example);
    }
    return [repositoryAddition(props), tls?._toPod(), access?._toPod(), traces?._toPod(name)].filter(
      (addition) => addition !== undefined,
    );
  }
}

function connectToRepository(connections: Connections, repository: IComponentRepository): void {
  const port = repository.port ?? portOf(new URL(repository.url));
  if (repository.connections) connections.connectTo({ connections: repository.connections }, port);
  else connections.allowTo(Peer.anywhere(), port);
}

/** Token and trust of the repository's, and keys of signed code. */
function repositoryAddition(props: InferenceServerProps): PodAddition {
  const token = props.repository?.token;
  const keys = props.trustedKeys ?? [];
  const volume = (index: number) => `trusted-key-${index}`;
  return {
    arguments: [
      ...(token ? ['--repository-token-file', `${secretPath('repository-token')}/token`] : []),
      ...keys.flatMap((_, index) => ['--trusted-keys', `${secretPath(volume(index))}/key.pem`]),
    ],
    volumes: [
      ...(token ? [secretVolume('repository-token', token.secret, { token: token.key })] : []),
      ...keys.map(({ secret, key }, index) => secretVolume(volume(index), secret, { 'key.pem': key })),
    ],
  };
}
