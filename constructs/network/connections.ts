import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { kubeObject } from '../private/kube-object';
import { type Identity } from '../private/labels';
import { namespaceOf } from '../private/names';
import { Peer } from './peer';

/** The other side of a connection. Implement it for programs that this package did not create. */
export interface IConnections {
  /**
   * Where the program is, for the policies of those that connect to it.
   *
   * @default Peer.anywhere()
   */
  readonly peer?: Peer;
  /** Lets `peer` connect to these TCP ports. */
  allowFrom(peer: Peer, ...ports: number[]): void;
}

/** A workload that takes part in connections. */
export interface IConnectable {
  readonly connections: IConnections;
}

interface Rule {
  readonly peer: Peer;
  readonly ports: readonly number[];
}

const DNS_PORTS = [
  { protocol: 'UDP', port: k8s.IntOrString.fromNumber(53) },
  { protocol: 'TCP', port: k8s.IntOrString.fromNumber(53) },
];

/**
 * The NetworkPolicy of a workload's pods. It allows name resolution, what the stack's parts need of each other, and what you
 * add; everything else is refused.
 */
export class Connections implements IConnections {
  private readonly ingress: Rule[] = [];
  private readonly egress: Rule[] = [];

  /** @internal */
  constructor(
    private readonly owner: Construct,
    private readonly identity: Identity,
  ) {
    kubeObject(owner, 'NetworkPolicy', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: identity.name, labels: identity.labels },
      // Rules are added until all constructs exist.
      spec: Lazy.any({ produce: () => this.toSpec() }) as unknown,
    });
  }

  /** Lets `peer` connect to these TCP ports of the workload. */
  allowFrom(peer: Peer, ...ports: number[]): void {
    add(this.ingress, { peer, ports });
  }

  /** Lets the workload connect to these TCP ports of `peer`. */
  allowTo(peer: Peer, ...ports: number[]): void {
    add(this.egress, { peer, ports });
  }

  /** Lets this workload connect to `other`: adds a rule to both policies. */
  connectTo(other: IConnectable, ...ports: number[]): void {
    const { connections } = other;
    if (connections instanceof Connections) {
      this.allowTo(connections.seenFrom(this), ...ports);
      connections.allowFrom(this.seenFrom(connections), ...ports);
      return;
    }
    this.allowTo(connections.peer ?? Peer.anywhere(), ...ports);
    connections.allowFrom(this.seenFrom(undefined), ...ports);
  }

  private seenFrom(other: Connections | undefined): Peer {
    const [own, theirs] = [namespaceOf(this.owner), other && namespaceOf(other.owner)];
    return Peer.pods(this.identity.selector, own === theirs ? undefined : own);
  }

  private toSpec(): unknown {
    const { spec } = k8s.KubeNetworkPolicy.manifest({
      spec: {
        podSelector: { matchLabels: this.identity.selector },
        policyTypes: ['Ingress', 'Egress'],
        // The API drops an empty list, which would then be a change at every apply.
        ingress:
          this.ingress.length > 0
            ? this.ingress.map(({ peer, ports }) => ({
                from: peer._peer && [peer._peer],
                ports: ports.map(tcp),
              }))
            : undefined,
        egress: [
          {
            to: [
              {
                namespaceSelector: {},
                podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
              },
              // Address of the node-local DNS cache, where nodes have one.
              { ipBlock: { cidr: '169.254.20.10/32' } },
            ],
            ports: DNS_PORTS,
          },
          ...this.egress.map(({ peer, ports }) => ({
            to: peer._peer && [peer._peer],
            ports: ports.map(tcp),
          })),
        ],
      },
    }) as { spec: unknown };
    return spec;
  }
}

function add(rules: Rule[], rule: Rule): void {
  const text = JSON.stringify(rule);
  if (!rules.some((other) => JSON.stringify(other) === text)) rules.push(rule);
}

function tcp(port: number): k8s.NetworkPolicyPort {
  return { protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) };
}
