import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { Connections } from '../network/connections';
import { Peer } from '../network/peer';
import { refuse } from '../private/checks';
import { kubeObject } from '../private/kube-object';
import { type Identity } from '../private/labels';
import { namespaceOf } from '../private/names';
import { ServiceAccount } from '../workload/service-account';

/** Lets the pods of `identity` read the labels of nodes: a ServiceAccount, whose name is returned, a ClusterRole and its binding. */
export function addNodeReader(
  scope: Construct,
  identity: Identity,
  account: ServiceAccount = ServiceAccount.create(),
): string {
  const { name, labels } = identity;
  const namespace = namespaceOf(scope);
  if (namespace === undefined) {
    refuse(
      scope,
      'namespace',
      undefined,
      'known: make it below a StackNamespace, or in a Chart with a namespace',
    );
  }
  const clusterName = `${namespace}-${name}`;
  const accountName = account._bind(scope, identity);
  kubeObject(
    scope,
    'ClusterRole',
    k8s.KubeClusterRole.manifest({
      metadata: { name: clusterName, labels },
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] }],
    }),
    { clusterScoped: true },
  );
  kubeObject(
    scope,
    'ClusterRoleBinding',
    k8s.KubeClusterRoleBinding.manifest({
      metadata: { name: clusterName, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterName },
      subjects: [{ kind: 'ServiceAccount', name: accountName, namespace }],
    }),
    { clusterScoped: true },
  );
  return accountName;
}

/** The API server is not a pod, and its address is not known here. */
export function allowApiServer(scope: Construct, identity: Identity): void {
  new Connections(scope, identity).allowTo(Peer.anywhere(), 443, 6443);
}
