import { type k8s } from 'cdk8s-plus-27';
import { refuse } from '../private/checks';
import { requireCidr } from '../private/cidr';
import { requireLabels } from '../private/metadata-rules';
import { requireLabel } from '../private/names';

/** The other side of a connection: pods, a namespace, a network, or any address. */
export class Peer {
  /** Any address, in the cluster and outside. */
  static anywhere(): Peer {
    return new Peer(undefined, 'anywhere');
  }

  /** All pods of the workload's own namespace. */
  static sameNamespace(): Peer {
    return new Peer({ podSelector: {} }, 'pods of the same namespace');
  }

  /** All pods of a namespace. */
  static namespace(name: string): Peer {
    requireLabel('Peer.namespace', 'name', name);
    return new Peer({ namespaceSelector: namespaceCalled(name) }, `namespace ${name}`);
  }

  /** Pods with all of these labels, in the workload's own namespace or in another. */
  static pods(labels: Readonly<Record<string, string>>, namespace?: string): Peer {
    if (Object.keys(labels).length === 0) {
      refuse(
        'Peer.pods',
        'labels',
        labels,
        'at least one label; for all pods use Peer.sameNamespace() or .namespace()',
      );
    }
    const podSelector = { matchLabels: requireLabels('Peer.pods', 'labels', labels) };
    if (namespace === undefined) return new Peer({ podSelector }, 'pods');
    requireLabel('Peer.pods', 'namespace', namespace);
    return new Peer({ podSelector, namespaceSelector: namespaceCalled(namespace) }, `pods of ${namespace}`);
  }

  /** Addresses of a network in CIDR notation. */
  static network(cidr: string): Peer {
    requireCidr('Peer.network', 'cidr', cidr);
    return new Peer({ ipBlock: { cidr } }, cidr);
  }

  private constructor(
    /** Undefined: any. @internal */
    readonly _peer: k8s.NetworkPolicyPeer | undefined,
    private readonly description: string,
  ) {}

  toString(): string {
    return `Peer ${this.description}`;
  }
}

function namespaceCalled(name: string): k8s.LabelSelector {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}
