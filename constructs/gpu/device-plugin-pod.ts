import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type ConfigFiles } from '../private/config-files';
import { type Identity } from '../private/labels';
import { pullSecrets } from '../workload/pod-basics';
import { emptyDirVolume, hostPathVolume, readOnlyMount } from '../private/volumes';
import { type WorkloadPods } from '../workload/workload-objects';
import { GPU_NODES, GPU_TOLERATION } from './gpu-nodes';

export interface DevicePluginPod {
  readonly identity: Identity;
  readonly config: ConfigFiles;
  /** Whether single nodes choose their configuration by label. */
  readonly labelled: boolean;
  /** Name of the account of pods that read nodes. */
  readonly account?: string;
  readonly mps: boolean;
  readonly mig: boolean;
  readonly image: string;
  readonly runtimeClass?: string;
  readonly nodeLabels?: Readonly<Record<string, string>>;
}

export const MPS_ROOT = '/run/nvidia/mps';
const CONFIGS_PATH = '/available-configs';
const CONFIG_FILE = '/config/config.yaml';
const PLUGIN_SOCKETS = '/var/lib/kubelet/device-plugins';

export function devicePluginPods(scope: Construct, pod: DevicePluginPod): WorkloadPods {
  const { identity, config, labelled, mps } = pod;
  return {
    identity,
    // Neither the plugin nor its config-manager rereads a changed file.
    checksum: config.checksum,
    spec: {
      ...devicePluginPlace(scope, pod),
      serviceAccountName: pod.account,
      automountServiceAccountToken: labelled,
      // The config-manager signals the plugin.
      shareProcessNamespace: labelled ? true : undefined,
      initContainers: labelled
        ? [configManager('config-init', pod.image, 'nvidia-device-plugin', true)]
        : undefined,
      containers: [
        pluginContainer(pod),
        ...(labelled ? [configManager('config-manager', pod.image, 'nvidia-device-plugin', false)] : []),
      ],
      volumes: [
        hostPathVolume('device-plugins', PLUGIN_SOCKETS, 'Directory'),
        hostPathVolume('cdi', '/var/run/cdi', 'DirectoryOrCreate'),
        ...configVolumes(config, labelled),
        ...(mps ? mpsVolumes() : []),
      ],
    },
  };
}

/** Placement and runtime of the device plugin's pods. */
export function devicePluginPlace(
  scope: Construct,
  { runtimeClass, nodeLabels }: Pick<DevicePluginPod, 'runtimeClass' | 'nodeLabels'>,
): Pick<
  k8s.PodSpec,
  | 'enableServiceLinks'
  | 'imagePullSecrets'
  | 'runtimeClassName'
  | 'priorityClassName'
  | 'nodeSelector'
  | 'tolerations'
> {
  return {
    enableServiceLinks: false,
    imagePullSecrets: pullSecrets(scope),
    runtimeClassName: runtimeClass,
    priorityClassName: 'system-node-critical',
    nodeSelector: { ...(nodeLabels ?? GPU_NODES) },
    tolerations: [GPU_TOLERATION],
  };
}

/** Mount of the configuration: the same for all nodes, or the one that the config-manager links for this node. */
export function configMount(labelled: boolean): k8s.VolumeMount {
  return labelled ? { name: 'config', mountPath: '/config' } : readOnlyMount('configs', '/config');
}

export function configVolumes(config: ConfigFiles, labelled: boolean): k8s.Volume[] {
  if (labelled) return [config.volume('configs'), emptyDirVolume('config')];
  const items = [{ key: 'default', path: 'config.yaml' }];
  return [{ name: 'configs', configMap: { name: config.name, items } }];
}

export function mpsVolumes(): k8s.Volume[] {
  return [
    hostPathVolume('mps-root', MPS_ROOT, 'DirectoryOrCreate'),
    hostPathVolume('mps-shm', `${MPS_ROOT}/shm`, 'DirectoryOrCreate'),
  ];
}

function pluginContainer({ image, labelled, mps, mig }: DevicePluginPod): k8s.Container {
  return {
    name: 'nvidia-device-plugin',
    image,
    imagePullPolicy: 'IfNotPresent',
    // The config-manager finds the process by this name.
    command: ['nvidia-device-plugin'],
    env: [
      { name: 'CONFIG_FILE', value: CONFIG_FILE },
      { name: 'NVIDIA_VISIBLE_DEVICES', value: 'all' },
      { name: 'NVIDIA_DRIVER_CAPABILITIES', value: 'compute,utility' },
      ...(mps ? [{ name: 'MPS_ROOT', value: MPS_ROOT }] : []),
      ...(mig ? [{ name: 'NVIDIA_MIG_MONITOR_DEVICES', value: 'all' }] : []),
    ],
    resources: agentResources(),
    // Reading MIG slices needs SYS_ADMIN.
    securityContext: {
      allowPrivilegeEscalation: mig,
      capabilities: mig ? { add: ['SYS_ADMIN'] } : { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'device-plugins', mountPath: PLUGIN_SOCKETS },
      { name: 'cdi', mountPath: '/var/run/cdi' },
      configMount(labelled),
      ...(mps
        ? [
            { name: 'mps-root', mountPath: '/mps' },
            { name: 'mps-shm', mountPath: '/dev/shm' },
          ]
        : []),
    ],
  };
}

/** Links the configuration that the node's label names, and signals the process when the label changes. */
export function configManager(name: string, image: string, process: string, once: boolean): k8s.Container {
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['config-manager'],
    env: [
      { name: 'ONESHOT', value: String(once) },
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'NODE_LABEL', value: 'nvidia.com/device-plugin.config' },
      { name: 'CONFIG_FILE_SRCDIR', value: CONFIGS_PATH },
      { name: 'CONFIG_FILE_DST', value: CONFIG_FILE },
      { name: 'DEFAULT_CONFIG', value: 'default' },
      { name: 'FALLBACK_STRATEGIES', value: 'named,single' },
      { name: 'SEND_SIGNAL', value: String(!once) },
      { name: 'SIGNAL', value: '1' },
      { name: 'PROCESS_TO_SIGNAL', value: process },
    ],
    resources: agentResources(),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: once ? undefined : ['KILL'] },
    },
    volumeMounts: [readOnlyMount('configs', CONFIGS_PATH), { name: 'config', mountPath: '/config' }],
  };
}

export function agentResources(): k8s.ResourceRequirements {
  const quantity = (text: string) => k8s.Quantity.fromString(text);
  return {
    requests: { cpu: quantity('50m'), memory: quantity('64Mi') },
    limits: { cpu: quantity('250m'), memory: quantity('256Mi') },
  };
}
