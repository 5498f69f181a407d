import { type k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type AgentOptions } from '../workload/pod-options';
import { type ConfigFiles } from '../private/config-files';
import { identify } from '../private/labels';
import { addDaemonSet } from '../workload/workload-objects';
import { allowApiServer } from './node-reader';
import {
  agentResources,
  configManager,
  configMount,
  configVolumes,
  devicePluginPlace,
  mpsVolumes,
} from './device-plugin-pod';

export interface MpsControlOptions {
  readonly config: ConfigFiles;
  readonly labelled: boolean;
  /** Name of the account of pods that read nodes. */
  readonly account?: string;
  readonly image: string;
  readonly options: AgentOptions;
}

const PROCESS = 'mps-control-daemon';
/** Label that GPU feature discovery gives to nodes whose configuration says MPS. */
const MPS_NODES = { 'nvidia.com/mps.capable': 'true' };

/** The MPS daemon; privileged, because it shares memory with its clients through the node. */
export function addMpsControl(
  parent: Construct,
  { config, labelled, account, image, options }: MpsControlOptions,
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
  const spec = {
    ...devicePluginPlace(scope, { runtimeClass: options.runtimeClass, nodeLabels: MPS_NODES }),
    // It identifies its clients by their process ids on the node; that excludes a shared namespace within the pod.
    hostPid: true,
    serviceAccountName: account,
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
  };
  addDaemonSet(scope, { identity, spec, checksum: config.checksum, options });
}
