import { ApiObject, App } from 'cdk8s';
import { type Construct } from 'constructs';
import { namespaceOf, requireLabel } from './names';
import { declaredNamespace } from './namespaces';

/** An object in Kubernetes spelling, as the `manifest` functions of the typed objects return it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

export interface KubeObjectOptions {
  /** Whether the kind has no namespace (ClusterRole, RuntimeClass, …). */
  readonly clusterScoped?: boolean;
}

/**
 * Adds one object to the chart. The manifest is made by the typed 1.27 objects (unknown fields do not compile) and handed over
 * raw, because the typed constructs pass JSON patches through their serializer, which silently drops what it does not know.
 */
export function kubeObject(
  scope: Construct,
  id: string,
  manifest: unknown,
  { clusterScoped = false }: KubeObjectOptions = {},
): ApiObject {
  const given = manifest as Manifest;
  const namespace = clusterScoped ? undefined : (given.metadata?.namespace ?? namespaceOf(scope));
  if (namespace !== undefined) requireLabel(scope, 'namespace', namespace);
  const object = new ApiObject(scope, id, { ...given, metadata: { ...given.metadata, namespace } });
  // cdk8s puts the chart's namespace on every object; the API drops it here, and each apply would show a difference.
  if (clusterScoped) setNamespace(object, undefined);
  own.add(object);
  if (namespace !== undefined) afterItsNamespace(object);
  object.node.addValidation({ validate: () => findDuplicates(object, clusterScoped) });
  return object;
}

/** cdk8s sets it in the constructor alone, from the chart. */
function setNamespace(object: ApiObject, namespace: string | undefined): void {
  Object.assign(object.metadata, { namespace });
}

/** Objects that {@link kubeObject} made: their namespace is set. */
const own = new WeakSet<ApiObject>();

/** Kinds of Kubernetes without a namespace; those of others are recognized by the prefix `Cluster`. */
const CLUSTER_SCOPED =
  /^(Namespace|Node|PersistentVolume|StorageClass|VolumeAttachment|CSIDriver|CSINode|PriorityClass|RuntimeClass|IngressClass|GatewayClass|CustomResourceDefinition|APIService|(Mutating|Validating)(Webhook|Admission).*|CertificateSigningRequest|FlowSchema|PriorityLevelConfiguration|IPAddress|ServiceCIDR|DeviceClass|VolumeSnapshotClass|VolumeSnapshotContent|Cluster.*)$/;

/** Puts objects below `scope` that were made without {@link kubeObject} into `namespace`, unless they name one. */
export function adoptObjects(scope: Construct, namespace: string): void {
  for (const object of scope.node.findAll()) {
    if (!ApiObject.isApiObject(object) || own.has(object) || CLUSTER_SCOPED.test(object.kind)) continue;
    if (object.metadata.namespace === undefined && namespaceOf(object) === namespace) {
      setNamespace(object, namespace);
      afterItsNamespace(object);
    }
  }
}

/** Objects come after their namespace in the file: the first apply needs it to exist. */
function afterItsNamespace(object: ApiObject): void {
  const namespace = object.chart.node
    .findAll()
    .find((other) => declaredNamespace(other) === object.metadata.namespace);
  if (namespace?.node.defaultChild) object.node.addDependency(namespace.node.defaultChild);
}

/** Two objects of one name overwrite each other on apply. */
function findDuplicates(object: ApiObject, clusterScoped: boolean): string[] {
  const key = identity(object);
  const first = App.of(object)
    .node.findAll()
    .find((other): other is ApiObject => ApiObject.isApiObject(other) && identity(other) === key);
  if (first === undefined || first === object) return [];
  // Charts without a namespace may be applied to different ones.
  const mayDiffer = !clusterScoped && object.metadata.namespace === undefined;
  if (first.chart !== object.chart && mayDiffer) return [];
  return [`${key} is already defined by '${first.node.path}': give one of the constructs another id`];
}

function identity(object: ApiObject): string {
  const { apiGroup, kind, metadata, name } = object;
  return `${kind}${apiGroup === 'core' ? '' : `.${apiGroup}`} ${metadata.namespace ?? ''}/${name}`;
}
