import { type IConstruct } from 'constructs';
import { refuse } from '../private/checks';
import { requireObjectName } from '../private/names';
import { CLUSTER_DOMAIN_KEY, IP_FAMILIES_KEY } from '../private/network-context';

/** IP families of a cluster's pods and Services. */
export enum IpFamilies {
  IPV4 = 'IPv4',
  IPV6 = 'IPv6',
  /** Both; Services get addresses of both. */
  DUAL_STACK = 'DualStack',
}

export interface ClusterNetworkOptions {
  /**
   * With IPv6 every program listens on all addresses of both families.
   *
   * @default IpFamilies.IPV4
   */
  readonly ipFamilies?: IpFamilies;
  /**
   * Domain of the names of Services.
   *
   * @default cluster.local
   */
  readonly domain?: string;
}

/** The network of the cluster that the constructs below a scope are for. */
export class ClusterNetwork {
  /**
   * Sets families and domain for everything below `scope`, usually the App. Must be called before `scope` gets its first
   * child.
   *
   * @example
   * ClusterNetwork.configure(app, { ipFamilies: IpFamilies.DUAL_STACK });
   */
  static configure(scope: IConstruct, { ipFamilies, domain }: ClusterNetworkOptions): void {
    const subject = 'ClusterNetwork.configure';
    if (scope.node.children.length > 0)
      refuse(subject, 'scope', scope.node.path, 'a construct without children: call it before they are made');
    if (ipFamilies !== undefined) {
      if (!Object.values(IpFamilies).includes(ipFamilies))
        refuse(subject, 'ipFamilies', ipFamilies, Object.values(IpFamilies).join(', '));
      scope.node.setContext(IP_FAMILIES_KEY, ipFamilies);
    }
    if (domain !== undefined)
      scope.node.setContext(CLUSTER_DOMAIN_KEY, requireObjectName(subject, 'domain', domain));
  }
}
