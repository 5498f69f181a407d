import { stringify } from 'yaml';
import { type GpuSharing } from './gpu-sharing';

/** The part of the device plugin's configuration (`version: v1`) that this package writes. */
interface DevicePluginConfig {
  readonly version: 'v1';
  readonly flags: { readonly migStrategy: 'none' | 'mixed' };
  readonly sharing?: { readonly [strategy in 'timeSlicing' | 'mps']?: SharedResources };
}

interface SharedResources {
  readonly renameByDefault: boolean;
  readonly failRequestsGreaterThanOne: boolean;
  readonly resources: readonly { readonly name: string; readonly replicas: number }[];
}

/** The configuration of nodes whose GPUs are divided like this; undefined: not at all. */
export function devicePluginConfig(sharing?: GpuSharing): string {
  const config: DevicePluginConfig = {
    version: 'v1',
    // Slices are offered by profile: with one resource name for all, a pod could not choose among them.
    flags: { migStrategy: sharing?.profile === undefined ? 'none' : 'mixed' },
    ...(sharing?.shared === true && { sharing: { [strategy(sharing)]: sharedResources(sharing) } }),
  };
  return stringify(config);
}

function strategy({ kind }: GpuSharing): 'timeSlicing' | 'mps' {
  return kind === 'mps' ? 'mps' : 'timeSlicing';
}

function sharedResources({ divided, replicas, renamed }: GpuSharing): SharedResources {
  return {
    renameByDefault: renamed,
    // Two shares give no more compute than one: a pod that requests them fails with a message.
    failRequestsGreaterThanOne: true,
    resources: [{ name: divided, replicas }],
  };
}
