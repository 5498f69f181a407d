import { looksSecret } from '../workload/environment';
import {
  type Container,
  containersOf,
  type ManifestObject,
  podTemplate,
  type PodSpec,
} from './manifest-object';

/** Facts beyond the object under check. */
export interface PolicyFacts {
  /** Whether pods of this namespace may access their node. */
  isPrivileged(namespace: string | undefined): boolean;
}

/** A rule for manifests. */
export interface PolicyRule {
  readonly name: string;
  /** Why the rule exists. */
  readonly recommendation: string;
  /** How to comply. */
  readonly fix: string;
  /** Places in the object that violate it, with the value found. */
  find(object: ManifestObject, facts: PolicyFacts): readonly string[];
}

/** A serializer turns unknown quantities and ports into null, and Kubernetes then uses its default. */
const noNullValues: PolicyRule = {
  name: 'no-null-values',
  recommendation: 'A null says that a value was lost on its way into the manifest.',
  fix: 'Give the value in its right type, or leave the field out.',
  find: (object) => nulls(object, ''),
};

function nulls(value: unknown, path: string): string[] {
  if (value === null) return [path];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => nulls(inner, path === '' ? key : `${path}/${key}`));
}

const pinnedImages: PolicyRule = {
  name: 'pinned-images',
  recommendation: 'An image without a fixed version is another one tomorrow, and on another node.',
  fix: 'Name a tag other than latest, or a digest.',
  find: (object) =>
    containersOf(object)
      .filter(({ container }) => !isPinned(container.image ?? ''))
      .map(({ path, container }) => `${path}: image ${container.image ?? '(none)'}`),
};

function isPinned(image: string): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return true;
  const tag = /:([A-Za-z0-9_][A-Za-z0-9._-]*)$/.exec(image.split('/').at(-1) ?? '')?.[1];
  return tag !== undefined && tag !== 'latest';
}

const RESTRICTED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** The level `restricted` of Pod Security, and a pod's token only where it was asked for. */
const restrictedPods: PolicyRule = {
  name: 'restricted-pods',
  recommendation: 'Pods keep the level "restricted" of the Pod Security Standards.',
  fix: 'Drop what is named here, or put the pod into a namespace with the label pod-security.kubernetes.io/enforce: privileged.',
  find: (object, facts) => {
    const pod = podTemplate(object)?.spec;
    if (pod === undefined || facts.isPrivileged(object.metadata?.namespace)) return [];
    const containers = containersOf(object).flatMap(({ path, container }) =>
      inContainer(container, pod).map((problem) => `${path}: ${problem}`),
    );
    return [...inPod(pod), ...containers];
  },
};

function inPod(pod: PodSpec): string[] {
  const host = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => pod[field] === true);
  const volumes = (pod.volumes ?? []).flatMap((volume) =>
    Object.keys(volume)
      .filter((key) => key !== 'name' && !RESTRICTED_VOLUMES.includes(key))
      .map((key) => `volume ${String(volume.name)}: ${key}`),
  );
  const token =
    pod.automountServiceAccountToken === undefined ? ['automountServiceAccountToken is not said'] : [];
  return [...host, ...volumes, ...token];
}

function inContainer({ securityContext: own = {}, ports = [] }: Container, pod: PodSpec): string[] {
  const context = { ...pod.securityContext, ...own };
  const added = (own.capabilities?.add ?? []).filter((capability) => capability !== 'NET_BIND_SERVICE');
  const checks: [boolean, string][] = [
    [own.privileged === true, 'privileged'],
    [own.allowPrivilegeEscalation !== false, 'allowPrivilegeEscalation is not false'],
    [context.runAsNonRoot !== true, 'runAsNonRoot is not true'],
    [context.runAsUser === undefined || context.runAsUser === 0, 'runAsUser is not a number above 0'],
    [!['RuntimeDefault', 'Localhost'].includes(context.seccompProfile?.type ?? ''), 'no seccompProfile'],
    [own.capabilities?.drop?.includes('ALL') !== true, 'capabilities.drop does not have ALL'],
    [added.length > 0, `capabilities.add has ${added.join(', ')}`],
    [ports.some(({ hostPort }) => hostPort !== undefined), 'a hostPort'],
  ];
  return checks.filter(([violated]) => violated).map(([, problem]) => problem);
}

const resourceLimits: PolicyRule = {
  name: 'resource-limits',
  recommendation: 'A container without limits can take its whole node down.',
  fix: 'Set resources.limits.cpu and resources.limits.memory.',
  find: (object) =>
    containersOf(object).flatMap(({ path, container }) =>
      ['cpu', 'memory']
        .filter((resource) => container.resources?.limits?.[resource] === undefined)
        .map((resource) => `${path}: no limit of ${resource}`),
    ),
};

const SERVING = ['Deployment', 'StatefulSet'];

const healthProbes: PolicyRule = {
  name: 'health-probes',
  recommendation:
    'Without probes a pod gets traffic before it can answer, and keeps it when it no longer can.',
  fix: 'Give each container a readinessProbe and a livenessProbe.',
  find: (object) =>
    SERVING.includes(object.kind ?? '')
      ? containersOf(object)
          .filter(({ path }) => path.startsWith('containers/'))
          .flatMap(({ path, container }) =>
            (['readinessProbe', 'livenessProbe'] as const)
              .filter((probe) => container[probe] === undefined)
              .map((probe) => `${path}: no ${probe}`),
          )
      : [],
};

const noLiteralSecrets: PolicyRule = {
  name: 'no-literal-secrets',
  recommendation: 'Manifests are committed and read by many.',
  fix: 'Refer to a Secret that is made elsewhere; no Secret with content belongs into a manifest.',
  find: (object) => [...secretContent(object), ...secretVariables(object)],
};

function secretContent(object: ManifestObject): string[] {
  if (object.kind !== 'Secret') return [];
  return ['data', 'stringData'].filter((field) => Object.keys((object[field] as object) ?? {}).length > 0);
}

function secretVariables(object: ManifestObject): string[] {
  return containersOf(object).flatMap(({ path, container }) =>
    (container.env ?? [])
      .filter(({ name, value = '' }) => looksSecret(name, value))
      .map(({ name }) => `${path}: environment variable ${name}`),
  );
}

const selectorsMatch: PolicyRule = {
  name: 'selectors-match',
  recommendation: 'A workload that does not select its own pods is refused, or makes pods without end.',
  fix: 'Give the pod template every label of the selector.',
  find: (object) => {
    const selector = object.spec?.selector as { matchLabels?: Record<string, string> } | undefined;
    const template = podTemplate(object);
    if (template === undefined || selector?.matchLabels === undefined) return [];
    const labels = template.metadata?.labels ?? {};
    return Object.entries(selector.matchLabels)
      .filter(([key, value]) => labels[key] !== value)
      .map(([key, value]) => `spec/selector: ${key}=${value} is not a label of the pods`);
  },
};

/** The rules of a {@link PolicyCheck}. */
export const POLICY_RULES: readonly PolicyRule[] = [
  noNullValues,
  pinnedImages,
  restrictedPods,
  resourceLimits,
  healthProbes,
  noLiteralSecrets,
  selectorsMatch,
];
