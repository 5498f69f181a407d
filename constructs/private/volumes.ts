import { type Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';

export function emptyDirVolume(
  name: string,
  options: { readonly limit?: Size; readonly memory?: boolean } = {},
): k8s.Volume {
  return {
    name,
    emptyDir: {
      medium: options.memory === true ? 'Memory' : undefined,
      sizeLimit: options.limit && sizeQuantity(options.limit),
    },
  };
}

export function sizeQuantity(size: Size): k8s.Quantity {
  return k8s.Quantity.fromString(`${size.toMebibytes()}Mi`);
}

export function readOnlyMount(name: string, mountPath: string): k8s.VolumeMount {
  return { name, mountPath, readOnly: true };
}

/** A host directory, for the DaemonSets that look at a node. */
export function hostPathVolume(name: string, path: string, type?: string): k8s.Volume {
  return { name, hostPath: { path, type } };
}
