import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { refuse } from '../private/checks';
import { kubeObject } from '../private/kube-object';
import { type Identity } from '../private/labels';
import { namespaceOf } from '../private/names';
import { ServiceAccount } from '../workload/service-account';

/**
 * Lets the pods of `identity` list the pods of these namespaces: a Role in each, no ClusterRole. Returns the name of their
 * account.
 */
export function addDiscoveryRole(
  scope: Construct,
  identity: Identity,
  namespaces: readonly (string | undefined)[],
  account: ServiceAccount = ServiceAccount.create(),
): string {
  const { name, labels } = identity;
  const own = namespaceOf(scope);
  if (own === undefined) {
    refuse(
      scope,
      'namespace',
      undefined,
      'known: make it below a StackNamespace, or in a Chart with a namespace',
    );
  }
  const accountName = account._bind(scope, identity);
  for (const namespace of new Set(namespaces.map((given) => given ?? own))) {
    // Two stacks may scrape one namespace.
    const roleName = namespace === own ? name : `${own}-${name}`;
    const metadata = { name: roleName, namespace, labels };
    kubeObject(
      scope,
      `Role-${namespace}`,
      k8s.KubeRole.manifest({
        metadata,
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
      }),
    );
    kubeObject(
      scope,
      `RoleBinding-${namespace}`,
      k8s.KubeRoleBinding.manifest({
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: roleName },
        subjects: [{ kind: 'ServiceAccount', name: accountName, namespace: own }],
      }),
    );
  }
  return accountName;
}
