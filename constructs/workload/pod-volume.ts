import { type Size } from 'cdk8s';
import { type k8s } from 'cdk8s-plus-27';
import { refuse } from '../private/checks';
import { requireObjectName } from '../private/names';
import { emptyDirVolume } from '../private/volumes';

export interface PodVolumeOptions {
  /**
   * Files by their names in the volume, with the key of each.
   *
   * @default - every key, as a file of its name
   */
  readonly files?: Readonly<Record<string, string>>;
}

export interface ClaimVolumeOptions {
  /** @default true */
  readonly readOnly?: boolean;
}

export interface EmptyVolumeOptions {
  /** @default - as much as the node has */
  readonly size?: Size;
  /** Whether it is in memory, which then counts for the limit of the container. @default false */
  readonly memory?: boolean;
}

/**
 * A directory for containers of a pod. The same value in several containers is one volume.
 *
 * @example
 * new InferenceServer(ml, 'fall', { pipelines, repository, volumes: [PodVolume.secret('db-client', '/etc/db')] });
 */
export class PodVolume {
  /** Keys of a Secret as files. Changed Secrets reach running pods. */
  static secret(secret: string, mountPath: string, { files }: PodVolumeOptions = {}): PodVolume {
    requireObjectName('PodVolume.secret', 'secret', secret);
    return new PodVolume(mountPath, true, { secret: { secretName: secret, items: items(files) } });
  }

  /** Keys of a ConfigMap as files. Changed ConfigMaps reach running pods. */
  static configMap(configMap: string, mountPath: string, { files }: PodVolumeOptions = {}): PodVolume {
    requireObjectName('PodVolume.configMap', 'configMap', configMap);
    return new PodVolume(mountPath, true, { configMap: { name: configMap, items: items(files) } });
  }

  /** A PersistentVolumeClaim of the namespace. */
  static claim(claim: string, mountPath: string, { readOnly = true }: ClaimVolumeOptions = {}): PodVolume {
    requireObjectName('PodVolume.claim', 'claim', claim);
    return new PodVolume(mountPath, readOnly, { persistentVolumeClaim: { claimName: claim, readOnly } });
  }

  /** An empty directory that is deleted with the pod. */
  static empty(mountPath: string, { size, memory }: EmptyVolumeOptions = {}): PodVolume {
    const { emptyDir } = emptyDirVolume('', { limit: size, memory });
    return new PodVolume(mountPath, false, { emptyDir });
  }

  private constructor(
    readonly mountPath: string,
    readonly readOnly: boolean,
    private readonly source: Omit<k8s.Volume, 'name'>,
  ) {
    if (typeof mountPath !== 'string' || !/^\/[^:]+$/.test(mountPath))
      refuse('PodVolume', 'mountPath', mountPath, 'an absolute path, e.g. /etc/db');
  }

  /** @internal */
  _toVolume(name: string): k8s.Volume {
    return { name, ...this.source };
  }

  /** @internal */
  _toMount(name: string): k8s.VolumeMount {
    return { name, mountPath: this.mountPath, readOnly: this.readOnly ? true : undefined };
  }
}

function items(files: PodVolumeOptions['files']): k8s.KeyToPath[] | undefined {
  return files && Object.entries(files).map(([path, key]) => ({ key, path }));
}
