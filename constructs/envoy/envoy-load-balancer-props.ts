import { type Duration } from 'cdk8s';
import { type ContainerImage } from '../images';
import { type Peer } from '../network/peer';
import { type Replicas } from '../scaling/replicas';
import { type IInferenceBackend } from '../server/inference-backend';
import { type Exposure } from '../workload/exposure';
import { type Placement } from '../workload/placement';
import { type Resources } from '../workload/resources';
import { type Balancing } from './balancing';
import { type CircuitBreakerLimits } from './cluster';
import { type ListenerTls } from './listener-tls';

export interface EnvoyLoadBalancerProps extends Placement {
  /** The servers that streams are sent to. */
  readonly backend: IInferenceBackend;
  /**
   * How a server is chosen for a stream.
   *
   * @default Balancing.leastRequest()
   */
  readonly balancing?: Balancing;
  /**
   * How many pods of Envoy. Each balances on its own.
   *
   * @default Replicas.fixed(2)
   */
  readonly replicas?: Replicas;
  /**
   * CPU and memory of a pod. Envoy works with as many threads as it has CPUs, at least one.
   *
   * @default Resources.guaranteed(Cpu.units(1), Size.gibibytes(1))
   */
  readonly resources?: Resources;
  /**
   * Port that clients connect to.
   *
   * @default 50051
   */
  readonly port?: number;
  /**
   * TLS between clients and Envoy.
   *
   * @default - none (h2c)
   */
  readonly tls?: ListenerTls;
  /**
   * Who reaches the Service.
   *
   * @default Exposure.cluster()
   */
  readonly exposure?: Exposure;
  /**
   * Who may connect.
   *
   * @default - pods of the same namespace; with an exposure beyond the cluster anyone
   */
  readonly callers?: readonly Peer[];
  /**
   * Upper bounds of what goes to the servers at a time.
   *
   * @default - 4096 connections, 65536 streams, 4096 waiting, 16 retries
   */
  readonly limits?: CircuitBreakerLimits;
  /**
   * Streams that one client connection may have open.
   *
   * @default 1024
   */
  readonly maxStreamsPerConnection?: number;
  /**
   * Client connections of one pod.
   *
   * @default 10000
   */
  readonly maxConnections?: number;
  /**
   * How long a stopping pod lets open streams go on before they are cut.
   *
   * @default Duration.seconds(30)
   */
  readonly drainTimeout?: Duration;
  /**
   * Another image than the pinned one; it must have bash.
   *
   * @default - `envoyproxy/envoy` at the pinned version
   */
  readonly image?: ContainerImage;
}
