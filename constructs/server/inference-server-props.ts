import { type Duration, type Size } from 'cdk8s';
import { type PipelineDocumentInput } from '../../runtime/definition';
import { type Gpu } from '../gpu/gpu';
import { type ContainerImage } from '../images';
import { type Peer } from '../network/peer';
import { type ComponentSource } from '../pipeline/component-source';
import { type InferencePipeline } from '../pipeline/inference-pipeline';
import { type IComponentRepository } from '../repository/component-repository-reference';
import { type Replicas } from '../scaling/replicas';
import { type VerticalScaling } from '../scaling/vertical-scaling';
import { type Environment } from '../workload/environment';
import { type Exposure } from '../workload/exposure';
import { type Placement } from '../workload/placement';
import { type Resources } from '../workload/resources';
import { type DocumentChange } from './document-change';
import { type Rollout } from './rollout';
import { type ServerAccess } from './server-access';
import { type ServerTls } from './server-tls';
import { type Traces } from './traces';

/** The object that makes the pods. */
export enum WorkloadKind {
  DEPLOYMENT = 'Deployment',
  /** Pods with fixed names (`fall-0`, `fall-1`), each of which can be called by its own. */
  STATEFUL_SET = 'StatefulSet',
}

/** How much a server says on standard error. */
export enum LogLevel {
  ERROR = 'error',
  WARN = 'warn',
  INFO = 'info',
  DEBUG = 'debug',
}

export interface InferenceServerProps extends Placement {
  /** What the server serves: documents, or pipelines that several servers share. At least one. */
  readonly pipelines: readonly (PipelineDocumentInput | InferencePipeline)[];
  /**
   * Where models and components are fetched from that are nowhere else. What was fetched is kept as long as the pod lives, or,
   * where `components` is a volume that can be written, there.
   *
   * @default - nowhere: `components` must bring all of them
   */
  readonly repository?: IComponentRepository;
  /**
   * Components that need no fetching.
   *
   * @default - none
   */
  readonly components?: ComponentSource;
  /**
   * Room on the node for what is fetched.
   *
   * @default Size.gibibytes(5)
   */
  readonly fetchRoom?: Size;
  /**
   * How many pods.
   *
   * @default Replicas.fixed(1)
   */
  readonly replicas?: Replicas;
  /**
   * CPU and memory of a pod. The server makes as many threads as it has whole CPUs.
   *
   * @default Resources.guaranteed(Cpu.units(2), Size.gibibytes(2))
   */
  readonly resources?: Resources;
  /**
   * What the Vertical Pod Autoscaler does.
   *
   * @default - nothing; it need not be in the cluster
   */
  readonly verticalScaling?: VerticalScaling;
  /**
   * What GPU a pod asks for.
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
   * @default - Rollout.SURGE, with a GPU Rollout.REPLACE
   */
  readonly rollout?: Rollout;
  /**
   * Whether pods must be on different nodes, or only should be.
   *
   * @default false
   */
  readonly requireSpread?: boolean;
  /**
   * How long a stopping server finishes what is in flight. The pod's termination grace follows from it.
   *
   * @default Duration.seconds(30)
   */
  readonly drainTimeout?: Duration;
  /**
   * How long a server may take to fetch, load and warm up before it is started anew.
   *
   * @default Duration.minutes(10)
   */
  readonly startupTimeout?: Duration;
  /**
   * Who reaches the Service.
   *
   * @default Exposure.cluster()
   */
  readonly exposure?: Exposure;
  /**
   * Who may call the server, beside a balancer that is put in front.
   *
   * @default - pods of the same namespace; with an exposure beyond the cluster anyone
   */
  readonly callers?: readonly Peer[];
  /**
   * TLS between clients and the server. A balancer of this package speaks plain HTTP/2 to its servers: end TLS there instead.
   *
   * @default - none (h2c)
   */
  readonly tls?: ServerTls;
  /**
   * Who may call, by token. Beside it, the NetworkPolicy says from where.
   *
   * @default - everybody whom the NetworkPolicy lets through
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
