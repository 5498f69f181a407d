import { Construct } from 'constructs';
import { type EnvoyLoadBalancer } from '../envoy/envoy-load-balancer';
import { type IConnectable } from '../network/connections';
import { Peer } from '../network/peer';
import { refuse } from '../private/checks';
import { type IInferenceBackend } from '../server/inference-backend';

const ADDRESS = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]):(\d{1,5})$/i;

/** Target of a benchmark. */
export class BenchmarkTarget {
  /** Inference servers through their Service: each connection of the driver stays on one pod. */
  static server(server: IInferenceBackend): BenchmarkTarget {
    if (typeof server?.serviceName !== 'string')
      refuse('BenchmarkTarget.server', 'server', server, 'an InferenceServer');
    return new BenchmarkTarget(
      server.host ?? server.serviceName,
      server.servicePort ?? server.grpcPort,
      server.grpcPort,
      Construct.isConstruct(server) ? server.node.id : server.serviceName,
      server.connections ? { connections: server.connections } : Peer.anywhere(),
    );
  }

  /** A load balancer, which chooses a server for each stream. */
  static balancer(balancer: EnvoyLoadBalancer): BenchmarkTarget {
    if (typeof balancer?.host !== 'string')
      refuse('BenchmarkTarget.balancer', 'balancer', balancer, 'an EnvoyLoadBalancer');
    return new BenchmarkTarget(
      balancer.host,
      balancer.port,
      balancer.containerPort,
      balancer.node.id,
      balancer,
    );
  }

  /**
   * A server that this package's constructs did not create.
   * @param address `host:port`
   * @param peer peer that the driver's NetworkPolicy allows; default: anyone, at the address's port
   */
  static address(address: string, peer: Peer = Peer.anywhere()): BenchmarkTarget {
    const port = Number(ADDRESS.exec(String(address))?.[3] ?? 0);
    if (port < 1 || port > 65_535)
      refuse('BenchmarkTarget.address', 'address', address, 'host:port, e.g. inference.example:50051');
    return new BenchmarkTarget(address.slice(0, address.lastIndexOf(':')), port, port, address, peer);
  }

  private constructor(
    private readonly host: string,
    readonly port: number,
    /** Port for NetworkPolicies, which see the pods' ports. @internal */
    readonly _containerPort: number,
    /** Name of the target in the results. */
    readonly name: string,
    /** @internal */
    readonly _other: IConnectable | Peer,
  ) {}

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  toString(): string {
    return `BenchmarkTarget ${this.address}`;
  }
}
