import { Yaml } from 'cdk8s';

/** Kinds of other projects: name in the plural, group, version, and whether they are the cluster's. */
const KINDS: readonly [
  kind: string,
  plural: string,
  group: string,
  version: string,
  scope: 'Namespaced' | 'Cluster',
][] = [
  ['ScaledObject', 'scaledobjects', 'keda.sh', 'v1alpha1', 'Namespaced'],
  ['VerticalPodAutoscaler', 'verticalpodautoscalers', 'autoscaling.k8s.io', 'v1', 'Namespaced'],
  ['PodMonitor', 'podmonitors', 'monitoring.coreos.com', 'v1', 'Namespaced'],
  ['PrometheusRule', 'prometheusrules', 'monitoring.coreos.com', 'v1', 'Namespaced'],
  ['GRPCRoute', 'grpcroutes', 'gateway.networking.k8s.io', 'v1', 'Namespaced'],
  ['ClusterPolicy', 'clusterpolicies', 'nvidia.com', 'v1', 'Cluster'],
];

/** Stand-ins for the definitions of those kinds: the API takes the objects, their fields are not looked at. */
export function customResources(): string {
  return Yaml.stringify(
    ...KINDS.map(([kind, plural, group, version, scope]) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: `${plural}.${group}`,
        // Two of the groups are kept for Kubernetes, which asks for this word.
        annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in of a test' },
      },
      spec: {
        group,
        scope,
        names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [
          {
            name: version,
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    })),
  );
}
