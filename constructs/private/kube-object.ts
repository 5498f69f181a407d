import { ApiObject, App, JsonPatch } from 'cdk8s';
import { type Construct } from 'constructs';
import { namespaceOf } from './names';
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
  const object = new ApiObject(scope, id, { ...given, metadata: { ...given.metadata, namespace } });
  // cdk8s puts the chart's namespace on every object; the API drops it here, and each apply would show a difference.
  if (clusterScoped && object.chart.namespace !== undefined) {
    object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  }
  if (namespace !== undefined) afterItsNamespace(object);
  object.node.addValidation({ validate: () => findDuplicates(object) });
  return object;
}

/** Objects come after their namespace in the file: the first apply needs it to exist. */
function afterItsNamespace(object: ApiObject): void {
  const namespace = object.chart.node
    .findAll()
    .find((other) => declaredNamespace(other) === object.metadata.namespace);
  if (namespace?.node.defaultChild) object.node.addDependency(namespace.node.defaultChild);
}

/** Two objects of one name overwrite each other on apply. */
function findDuplicates(object: ApiObject): string[] {
  const key = identity(object);
  const first = App.of(object)
    .node.findAll()
    .find((other): other is ApiObject => ApiObject.isApiObject(other) && identity(other) === key);
  if (first === undefined || first === object || first.chart !== object.chart) return [];
  return [`${key} is already defined by '${first.node.path}': give one of the constructs another id`];
}

function identity(object: ApiObject): string {
  return `${object.kind} ${object.metadata.namespace ?? ''}/${object.name}`;
}
