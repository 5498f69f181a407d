import { Construct } from 'constructs';
import { type AgentOptions } from '../workload/pod-options';
import { refuse, requireInstance } from '../private/checks';
import { ConfigFiles } from '../private/config-files';
import { identify, type Identity } from '../private/labels';
import { requireLabels } from '../private/metadata-rules';
import { requireObjectName } from '../private/names';
import { requirePrivileged } from '../private/namespaces';
import { type ContainerImage, imageReference } from '../images';
import { addDaemonSet } from '../workload/workload-objects';
import { devicePluginConfig } from './device-plugin-config';
import { addNodeReader, allowApiServer } from './node-reader';
import { devicePluginPods } from './device-plugin-pod';
import { GpuSharing } from './gpu-sharing';
import { addMpsControl } from './mps-control';

export interface GpuDevicePluginProps extends AgentOptions {
  /**
   * How GPUs are divided on every node without the label.
   *
   * @default - not at all
   */
  readonly sharing?: GpuSharing;
  /**
   * Other ways to divide, which a node selects by the label `nvidia.com/device-plugin.config=<configName>`.
   *
   * @default - all nodes alike
   */
  readonly perNode?: readonly GpuSharing[];
  /**
   * Labels of the nodes with GPUs.
   *
   * @default - `nvidia.com/gpu.present=true`, which GPU feature discovery sets
   */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /**
   * Name of the RuntimeClass, where NVIDIA's runtime is not the default.
   *
   * @default - the nodes' default
   */
  readonly runtimeClass?: string;
  /** @default - the pinned version */
  readonly image?: ContainerImage;
}

/** Name of the configuration of nodes without a label. */
const DEFAULT_CONFIG = 'default';

/**
 * NVIDIA's device plugin on every node with GPUs, for clusters without the GPU Operator: it offers GPUs, or shares of them, to
 * pods. A DaemonSet with its configuration; for MPS a second one. Needs a namespace with `PodSecurity.PRIVILEGED`, and nodes with
 * NVIDIA's driver and container toolkit.
 *
 * @example
 * const sharing = GpuSharing.timeSlicing({ replicas: 4 });
 * new GpuDevicePlugin(agents, 'gpu', { sharing });
 * const onGpu = { ...fallDetection, inferencer: { use: 'onnx', providers: ['cuda', 'cpu'] } } as const;
 * new InferenceServer(ml, 'fall', { pipelines: [onGpu], repository, gpu: Gpu.share(sharing) });
 */
export class GpuDevicePlugin extends Construct {
  constructor(scope: Construct, id: string, props: GpuDevicePluginProps = {}) {
    super(scope, id);
    requirePrivileged(this);
    if (props.runtimeClass !== undefined) requireObjectName(this, 'runtimeClass', props.runtimeClass);
    if (props.nodeLabels !== undefined) requireLabels(this, 'nodeLabels', props.nodeLabels);
    const identity = identify(this, 'nvidia-device-plugin');
    const perNode = props.perNode ?? [];
    const sharings = this.requireSharings([...(props.sharing ? [props.sharing] : []), ...perNode]);
    const config = this.addConfig(identity, props.sharing, perNode);
    const labelled = perNode.length > 0;
    if (labelled) allowApiServer(this, identity);
    const account = labelled ? addNodeReader(this, identity, props.serviceAccount) : undefined;
    const mps = sharings.some(({ kind }) => kind === 'mps');
    const mig = sharings.some(({ kind }) => kind === 'mig');
    const image = imageReference(this, props.image, 'devicePlugin');
    const { runtimeClass, nodeLabels } = props;
    const pod = { identity, config, labelled, account, mps, mig, image, runtimeClass, nodeLabels };
    addDaemonSet(this, { ...devicePluginPods(this, pod), options: props });
    if (mps) addMpsControl(this, { config, labelled, account, image, options: props });
  }

  private addConfig(
    identity: Identity,
    sharing: GpuSharing | undefined,
    perNode: readonly GpuSharing[],
  ): ConfigFiles {
    const files = Object.fromEntries([
      [DEFAULT_CONFIG, devicePluginConfig(sharing)],
      ...perNode.map((other) => [other.configName, devicePluginConfig(other)] as const),
    ]);
    return new ConfigFiles(this, 'Config', `${identity.name}-config`, files, identity.labels);
  }

  private requireSharings(sharings: readonly GpuSharing[]): readonly GpuSharing[] {
    for (const sharing of sharings) {
      requireInstance(
        this,
        'sharing, perNode',
        sharing,
        GpuSharing,
        'GpuSharing.timeSlicing({ replicas: 4 })',
      );
    }
    const names = sharings.map(({ configName }) => configName);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      refuse(this, 'perNode', twice, 'different ways to divide, and not that of `sharing` again');
    return sharings;
  }
}
