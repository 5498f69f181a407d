import { Construct } from 'constructs';
import { ConfigFiles } from '../private/config-files';
import { requireInstance } from '../private/checks';
import { kubeObject } from '../private/kube-object';
import { identify } from '../private/labels';
import { requireObjectName } from '../private/names';
import { devicePluginConfig } from './device-plugin-config';
import { GpuSharing } from './gpu-sharing';

export interface GpuOperatorSharingProps {
  /** How GPUs are divided on nodes without the label. */
  readonly sharing: GpuSharing;
  /**
   * Other ways to divide, which a node selects by the label `nvidia.com/device-plugin.config=<configName>`.
   *
   * @default - all nodes alike
   */
  readonly perNode?: readonly GpuSharing[];
  /**
   * Name of the operator's ClusterPolicy.
   *
   * @default cluster-policy
   */
  readonly clusterPolicy?: string;
}

/**
 * Configures how NVIDIA's GPU Operator divides GPUs: the device plugin's configurations, in the operator's own namespace, and the
 * fields of its ClusterPolicy that point to them. Needs `kubectl apply --server-side`: the rest of the ClusterPolicy
 * belongs to the operator and stays unchanged.
 *
 * @example
 * const operator = new Chart(app, 'gpu', { namespace: 'gpu-operator' });
 * new GpuOperatorSharing(operator, 'sharing', { sharing: GpuSharing.timeSlicing({ replicas: 4 }) });
 */
export class GpuOperatorSharing extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { sharing, perNode = [], clusterPolicy = 'cluster-policy' }: GpuOperatorSharingProps,
  ) {
    super(scope, id);
    const example = 'GpuSharing.timeSlicing({ replicas: 4 })';
    for (const given of [sharing, ...perNode])
      requireInstance(this, 'sharing, perNode', given, GpuSharing, example);
    requireObjectName(this, 'clusterPolicy', clusterPolicy);
    const identity = identify(this, 'nvidia-device-plugin');
    const files = Object.fromEntries(
      [sharing, ...perNode].map((given) => [given.configName, devicePluginConfig(given)]),
    );
    const config = new ConfigFiles(this, 'Config', `${identity.name}-config`, files, identity.labels);
    kubeObject(
      this,
      'Resource',
      {
        apiVersion: 'nvidia.com/v1',
        kind: 'ClusterPolicy',
        metadata: { name: clusterPolicy },
        spec: { devicePlugin: { config: { name: config.name, default: sharing.configName } } },
      },
      { clusterScoped: true },
    );
  }
}
