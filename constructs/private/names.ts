import { Chart } from 'cdk8s';
import { type IConstruct } from 'constructs';
import { refuse, type Subject } from './checks';
import { declaredNamespace } from './namespaces';
import { CLUSTER_DOMAIN_KEY } from './network-context';

/** Leaves space for suffixes of constructs (`-headless`, `-setup-0a1b2c3d`) and of pods. */
const LONGEST_NAME = 45;
const NAME = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/**
 * The fixed, readable name of a construct's objects: the ids from its namespace (or chart) down, joined by hyphens.
 * Renaming a construct renames its objects.
 */
export function resourceName(construct: IConstruct): string {
  const ids: string[] = [];
  for (let node: IConstruct | undefined = construct; node && !isRoof(node); node = node.node.scope) {
    ids.unshift(node.node.id);
  }
  const name = ids.join('-');
  if (name.length <= LONGEST_NAME && NAME.test(name)) return name;
  return refuse(
    construct,
    'id',
    name,
    `lower-case letters, digits and hyphens, beginning with a letter, at most ${LONGEST_NAME} together with the ids of its parents`,
  );
}

function isRoof(construct: IConstruct): boolean {
  return Chart.isChart(construct) || declaredNamespace(construct) !== undefined;
}

/** The namespace that a construct's objects are in; undefined: the one that `kubectl apply` uses. */
export function namespaceOf(construct: IConstruct): string | undefined {
  for (let node: IConstruct | undefined = construct; node; node = node.node.scope) {
    const declared = declaredNamespace(node);
    if (declared !== undefined) return declared;
    if (Chart.isChart(node)) return node.namespace;
  }
  return undefined;
}

/** DNS name of a Service, whole where the namespace is known. `ClusterNetwork.configure` sets another domain. */
export function serviceHost(construct: IConstruct, service: string): string {
  const namespace = namespaceOf(construct);
  const domain = String(construct.node.tryGetContext(CLUSTER_DOMAIN_KEY) ?? 'cluster.local');
  return namespace === undefined ? service : `${service}.${namespace}.svc.${domain}`;
}

export function requireLabel(subject: Subject, property: string, value: string): string {
  if (typeof value === 'string' && LABEL.test(value)) return value;
  return refuse(
    subject,
    property,
    value,
    'lower-case letters, digits and hyphens, not at the ends, at most 63',
  );
}

/** Names of Secrets, ConfigMaps, claims and classes. */
export function requireObjectName(subject: Subject, property: string, value: string): string {
  if (typeof value === 'string' && value.length <= 253 && SUBDOMAIN.test(value)) return value;
  return refuse(
    subject,
    property,
    value,
    'the name of a Kubernetes object: lower-case letters, digits, hyphens and dots, not at the ends, at most 253',
  );
}
