import { type Container, containersOf, podTemplate, type PodSpec } from '../manifest-object';
import { type PolicyRule } from '../policy-rule';

const VOLUMES = [
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
export const restrictedPods: PolicyRule = {
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
      .filter((key) => key !== 'name' && !VOLUMES.includes(key))
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
