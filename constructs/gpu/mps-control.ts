import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { CHECKSUM_ANNOTATION } from '../private/checksum';
import { type ConfigFiles } from '../private/config-files';
import { kubeObject } from '../private/kube-object';
import { identify } from '../private/labels';
import { resourceName } from '../private/names';
import { allowApiServer } from './node-reader';
import { agentResources, configManager, configMount, configVolumes, devicePluginPlace, mpsVolumes } from './device-plugin-pod';

export interface MpsControlOptions {
  readonly config: ConfigFiles;
  readonly labelled: boolean;
  readonly image: string;
  readonly runtimeClass?: string;
}

const PROCESS = 'mps-control-daemon';
/** Label that GPU feature discovery gives to nodes whose configuration says MPS. */
const MPS_NODES = { 'nvidia.com/mps.capable': 'true' };

/** The daemon that runs pods at once on a GPU; privileged, because it shares memory with them through the node. */
export function addMpsControl(
  parent: Construct,
  { config, labelled, image, runtimeClass }: MpsControlOptions,
): void {
  const scope = new Construct(parent, 'mps');
  const identity = identify(scope, 'nvidia-mps-control');
  if (labelled) allowApiServer(scope, identity);
  const container = (name: string, command: string[]): k8s.Container => ({
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command,
    resources: agentResources(),
    securityContext: { privileged: true },
  });
  kubeObject(
    scope,
    'Resource',
    k8s.KubeDaemonSet.manifest({
      metadata: { name: identity.name, labels: identity.labels },
      spec: {
        selector: { matchLabels: identity.selector },
        template: {
          metadata: { labels: identity.labels, annotations: { [CHECKSUM_ANNOTATION]: config.checksum } },
          spec: {
            ...devicePluginPlace(scope, { runtimeClass, nodeLabels: MPS_NODES }),
            // Its clients are known by their numbers on the node; a pod cannot have a space of its own as well.
            hostPid: true,
            serviceAccountName: labelled ? resourceName(parent) : undefined,
            automountServiceAccountToken: labelled,
            initContainers: [
              {
                ...container('mount-shm', [PROCESS, 'mount-shm']),
                volumeMounts: [{ name: 'mps-root', mountPath: '/mps', mountPropagation: 'Bidirectional' }],
              },
              ...(labelled ? [configManager('config-init', image, PROCESS, true)] : []),
            ],
            containers: [
              {
                ...container(PROCESS, [PROCESS]),
                env: [
                  { name: 'CONFIG_FILE', value: '/config/config.yaml' },
                  { name: 'NVIDIA_VISIBLE_DEVICES', value: 'all' },
                  { name: 'NVIDIA_DRIVER_CAPABILITIES', value: 'compute,utility' },
                  { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
                ],
                volumeMounts: [
                  configMount(labelled),
                  { name: 'mps-root', mountPath: '/mps' },
                  { name: 'mps-shm', mountPath: '/dev/shm' },
                ],
              },
              ...(labelled ? [configManager('config-manager', image, PROCESS, false)] : []),
            ],
            volumes: [...configVolumes(config, labelled), ...mpsVolumes()],
          },
        },
      },
    }),
  );
}
