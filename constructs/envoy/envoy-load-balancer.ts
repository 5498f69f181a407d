import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { type ContainerImage, imageReference } from '../images';
import { type IMonitored, type ScrapeTarget } from '../monitoring/scrape-target';
import { Connections, type IConnectable } from '../network/connections';
import { Peer } from '../network/peer';
import { refuse, requireInstance, requireInteger, requireSeconds } from '../private/checks';
import { ConfigFiles } from '../private/config-files';
import { identify, type Identity } from '../private/labels';
import { serviceHost } from '../private/names';
import { usesIpv6 } from '../private/network-context';
import { addService, type Port } from '../workload/service-objects';
import { addDeployment, addDisruptionBudget } from '../workload/workload-objects';
import { HorizontalAutoscaler } from '../scaling/horizontal-autoscaler';
import { Replicas } from '../scaling/replicas';
import { type IInferenceBackend } from '../server/inference-backend';
import { Exposure } from '../workload/exposure';
import { type PodOptions } from '../workload/pod-options';
import { Resources } from '../workload/resources';
import { Balancing } from './balancing';
import { type Bootstrap, buildBootstrap } from './bootstrap';
import { type CircuitBreakerLimits } from './cluster';
import { CONFIG_FILE, envoyPods } from './envoy-pod';
import { ListenerTls, SDS_FILE } from './listener-tls';

export interface EnvoyLoadBalancerProps extends PodOptions {
  /** The servers. */
  readonly backend: IInferenceBackend;
  /**
   * How a server is chosen for a stream.
   *
   * @default Balancing.leastRequest()
   */
  readonly balancing?: Balancing;
  /**
   * Number of Envoy pods. Each balances independently.
   *
   * @default Replicas.fixed(2)
   */
  readonly replicas?: Replicas;
  /**
   * CPU and memory of a pod. Envoy starts one thread per CPU, at least one.
   *
   * @default Resources.guaranteed(Cpu.units(1), Size.gibibytes(1))
   */
  readonly resources?: Resources;
  /**
   * Port of the Service. The pods listen on the same one, or on 50051 where it is below 1024.
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
   * From where the Service can be reached.
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
   * Limits over all servers together.
   *
   * @default - 4096 connections, 65536 streams, 4096 waiting, 16 retries
   */
  readonly limits?: CircuitBreakerLimits;
  /**
   * Maximum open streams per client connection.
   *
   * @default 1024
   */
  readonly maxStreamsPerConnection?: number;
  /**
   * Maximum client connections per pod.
   *
   * @default 10000
   */
  readonly maxConnections?: number;
  /**
   * How long a stopping pod waits for open streams before it closes them.
   *
   * @default Duration.seconds(30)
   */
  readonly drainTimeout?: Duration;
  /**
   * Image instead of the pinned one; it must have bash.
   *
   * @default - `envoyproxy/envoy` at the pinned version
   */
  readonly image?: ContainerImage;
}

const ADMIN_PORT = 9901;
const OBSERVATION: Port = { name: 'metrics', port: 9902 };

/**
 * Envoy in front of inference servers: it chooses a server for each gRPC stream, checks the servers' health, ejects those that
 * fail, retries only streams that no server has received, and lets open streams finish while it stops. Pods with their
 * configuration, Service, disruption budget and NetworkPolicy.
 *
 * Messages may have any size: none is buffered as a whole.
 *
 * @example
 * new EnvoyLoadBalancer(ml, 'edge', { backend: server, tls: ListenerTls.fromSecret('edge-tls') });
 */
export class EnvoyLoadBalancer extends Construct implements IConnectable, IMonitored {
  readonly connections: Connections;
  /** Host of the Service. */
  readonly host: string;
  /** Port of the Service. */
  readonly port: number;
  /** Port of the pods. */
  readonly containerPort: number;
  /** Envoy's configuration. */
  readonly bootstrap: Bootstrap;
  private autoscaler?: HorizontalAutoscaler;
  /** What Prometheus scrapes. */
  readonly scrapeTarget: ScrapeTarget;

  constructor(scope: Construct, id: string, props: EnvoyLoadBalancerProps) {
    super(scope, id);
    const identity = identify(this, 'envoy');
    if (typeof props.backend?.headlessHost !== 'string')
      refuse(this, 'backend', props.backend, 'an InferenceServer');
    if (props.backend.speaksTls === true) {
      refuse(
        this,
        'backend',
        Construct.isConstruct(props.backend) ? props.backend.node.path : props.backend.serviceName,
        "a server without 'tls': Envoy speaks plain HTTP/2 to it, and TLS to its clients (ListenerTls)",
      );
    }
    this.port = this.requirePort(props.port ?? 50051);
    // A port below 1024 needs a capability.
    this.containerPort = this.port < 1024 ? 50051 : this.port;
    this.connections = new Connections(this, identity);
    const exposure = requireInstance(
      this,
      'exposure',
      props.exposure ?? Exposure.cluster(),
      Exposure,
      'Exposure.cluster()',
    );
    for (const caller of props.callers ?? [exposure.external ? Peer.anywhere() : Peer.sameNamespace()]) {
      this.connections.allowFrom(caller, this.containerPort);
    }
    const { connections, grpcPort } = props.backend;
    if (connections) this.connections.connectTo({ connections }, grpcPort);
    else this.connections.allowTo(Peer.anywhere(), grpcPort);

    const drain = requireSeconds(this, 'drainTimeout', props.drainTimeout ?? Duration.seconds(30), 1, 3600);
    const drainSeconds = Math.ceil(drain);
    this.bootstrap = this.toBootstrap(props, drainSeconds);
    const files: Record<string, string> = { [CONFIG_FILE]: stringify(this.bootstrap) };
    if (props.tls)
      files[SDS_FILE] = stringify(
        requireInstance(
          this,
          'tls',
          props.tls,
          ListenerTls,
          "ListenerTls.fromSecret('edge-tls')",
        )._toSecretFile(),
      );
    const config = new ConfigFiles(this, 'Config', `${identity.name}-config`, files, identity.labels);

    const grpc = {
      name: 'grpc',
      port: this.containerPort,
      servicePort: this.port,
      http2: props.tls === undefined,
    };
    addService(this, identity, [grpc], exposure);
    this.host = serviceHost(this, identity.name);
    this.addDeployment(identity, config, drainSeconds, props);
    addDisruptionBudget(this, identity);
    this.scrapeTarget = {
      job: identity.app,
      workload: this,
      selector: identity.selector,
      port: OBSERVATION.name,
      containerPort: OBSERVATION.port,
      path: '/stats/prometheus',
      parameters: { usedonly: [''] },
      onScraped: (prometheus) => this.autoscaler?.usePrometheus(prometheus),
    };
  }

  private toBootstrap(props: EnvoyLoadBalancerProps, drainSeconds: number): Bootstrap {
    const example = 'Balancing.leastRequest()';
    return buildBootstrap({
      endpoints: [{ host: props.backend.headlessHost, port: props.backend.grpcPort }],
      balancing: requireInstance(
        this,
        'balancing',
        props.balancing ?? Balancing.leastRequest(),
        Balancing,
        example,
      ),
      limits: this.requireLimits(props.limits ?? {}),
      port: this.containerPort,
      ipv6: usesIpv6(this),
      observationPort: OBSERVATION.port,
      adminPort: ADMIN_PORT,
      drainSeconds,
      maxStreamsPerConnection: requireInteger(
        this,
        'maxStreamsPerConnection',
        props.maxStreamsPerConnection ?? 1024,
        1,
        2_147_483_647,
      ),
      maxConnections: requireInteger(this, 'maxConnections', props.maxConnections ?? 10_000, 1, 1_000_000),
      tls: props.tls,
    });
  }

  private addDeployment(
    identity: Identity,
    config: ConfigFiles,
    drainSeconds: number,
    props: EnvoyLoadBalancerProps,
  ): void {
    const replicas = requireInstance(
      this,
      'replicas',
      props.replicas ?? Replicas.fixed(2),
      Replicas,
      'Replicas.fixed(2)',
    );
    const resources = requireInstance(
      this,
      'resources',
      props.resources ?? Resources.guaranteed(Cpu.units(1), Size.gibibytes(1)),
      Resources,
      'Resources.guaranteed(Cpu.units(1), Size.gibibytes(1))',
    );
    const ports = [{ name: 'grpc', port: this.containerPort }, OBSERVATION];
    const pods = envoyPods(this, {
      identity,
      image: imageReference(this, props.image, 'envoy'),
      options: props,
      tls: props.tls,
      config,
      resources,
      ports,
      adminPort: ADMIN_PORT,
      drainSeconds,
    });
    const strategy = {
      rollingUpdate: {
        maxSurge: k8s.IntOrString.fromNumber(1),
        maxUnavailable: k8s.IntOrString.fromNumber(0),
      },
    };
    addDeployment(this, pods, { replicas: replicas.autoscaled ? undefined : replicas.min, strategy });
    if (!replicas.autoscaled) return;
    const target = { kind: 'Deployment' as const, name: identity.name };
    this.autoscaler = new HorizontalAutoscaler(this, 'Autoscaler', {
      target,
      labels: identity.labels,
      replicas,
    });
  }

  private requirePort(port: number): number {
    requireInteger(this, 'port', port, 1, 65535);
    if (port === ADMIN_PORT || port === OBSERVATION.port)
      refuse(
        this,
        'port',
        port,
        `other than ${ADMIN_PORT} and ${OBSERVATION.port}, which Envoy has for itself`,
      );
    return port;
  }

  private requireLimits(limits: CircuitBreakerLimits): CircuitBreakerLimits {
    for (const [name, value] of Object.entries(limits))
      requireInteger(this, `limits.${name}`, value as number, 1, 4_294_967_295);
    return limits;
  }
}
