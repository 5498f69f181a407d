import { type IConstruct } from 'constructs';

export const CLUSTER_DOMAIN_KEY = 'clusterDomain';
export const IP_FAMILIES_KEY = 'modular-inference-stack/ip-families';

export function usesIpv6(scope: IConstruct): boolean {
  return ['IPv6', 'DualStack'].includes(String(scope.node.tryGetContext(IP_FAMILIES_KEY)));
}

export function isDualStack(scope: IConstruct): boolean {
  return scope.node.tryGetContext(IP_FAMILIES_KEY) === 'DualStack';
}

/** Address to listen on for all clients; over IPv6 it takes IPv4 connections too. */
export function listenAddress(scope: IConstruct, port: number): string {
  return `${usesIpv6(scope) ? '[::]' : '0.0.0.0'}:${port}`;
}
