import { type Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { refuse, type Subject } from '../private/checks';
import { checksum } from '../private/checksum';
import { CONFIG_MAP_LIMIT } from '../private/config-files';
import { kubeObject } from '../private/kube-object';
import { type Identity } from '../private/labels';
import { requireObjectName } from '../private/names';
import { emptyDirVolume } from '../private/volumes';
import { ComponentFolder } from './component-folder';

export interface VolumeComponentsOptions {
  /**
   * Whether the volume has all components. Otherwise missing ones are fetched from the repository and stored on it.
   *
   * @default true
   */
  readonly readOnly?: boolean;
}

/** How a server's pods mount a directory of components. @internal */
export interface BoundComponents {
  readonly volume?: k8s.Volume;
  readonly path: string;
  readonly writable: boolean;
  /** Changes when the components do. */
  readonly checksum?: string;
}

const MOUNT_PATH = '/etc/mis/components';

/** Source of a pipeline's components (its model, its own transformations) other than a repository. */
export abstract class ComponentSource {
  /**
   * A local directory in a ConfigMap, at most 900 KiB. Needs `kubectl apply --server-side`: a client-side apply copies the
   * whole object into an annotation of at most 256 KiB.
   */
  static folder(path: string): ComponentSource {
    return new FolderComponents(new ComponentFolder(path));
  }

  /** A PersistentVolumeClaim that exists already. */
  static volume(claim: string, { readOnly = true }: VolumeComponentsOptions = {}): ComponentSource {
    requireObjectName('ComponentSource.volume', 'claim', claim);
    return new VolumeComponents(claim, readOnly);
  }

  /** A directory inside of the server's image. */
  static image(path: string): ComponentSource {
    if (!path.startsWith('/'))
      refuse('ComponentSource.image', 'path', path, 'an absolute path, e.g. /app/components');
    return new ImageComponents(path);
  }

  /** Files that documents are checked against at synth. @internal */
  get _folder(): ComponentFolder | undefined {
    return undefined;
  }

  /** @internal */
  abstract _bind(scope: Construct, identity: Identity): BoundComponents;
}

class VolumeComponents extends ComponentSource {
  constructor(
    private readonly claim: string,
    private readonly readOnly: boolean,
  ) {
    super();
  }

  override _bind(): BoundComponents {
    return {
      volume: {
        name: 'components',
        persistentVolumeClaim: { claimName: this.claim, readOnly: this.readOnly },
      },
      path: MOUNT_PATH,
      writable: !this.readOnly,
    };
  }
}

class ImageComponents extends ComponentSource {
  constructor(private readonly path: string) {
    super();
  }

  override _bind(): BoundComponents {
    return { path: this.path, writable: false };
  }
}

class FolderComponents extends ComponentSource {
  constructor(private readonly folder: ComponentFolder) {
    super();
  }

  override get _folder(): ComponentFolder {
    return this.folder;
  }

  override _bind(scope: Construct, { name, labels }: Identity): BoundComponents {
    requireSmall(scope, this.folder);
    const keyed = keys(this.folder);
    const binaryData = Object.fromEntries(
      [...keyed].map(([key, file]) => [key, file.content.toString('base64')]),
    );
    const configMap = `${name}-components`;
    kubeObject(
      scope,
      'Components',
      k8s.KubeConfigMap.manifest({ metadata: { name: configMap, labels }, binaryData }),
    );
    return {
      volume: {
        name: 'components',
        configMap: { name: configMap, items: [...keyed].map(([key, { path }]) => ({ key, path })) },
      },
      path: MOUNT_PATH,
      writable: false,
      checksum: checksum(binaryData),
    };
  }
}

function requireSmall(subject: Subject, { size, folder }: ComponentFolder): void {
  if (size <= CONFIG_MAP_LIMIT) return;
  refuse(
    subject,
    'components',
    `${size} bytes in ${folder}`,
    `at most ${CONFIG_MAP_LIMIT} bytes together (one ConfigMap); larger ones come from a repository, from ComponentSource.volume or from ComponentSource.image`,
  );
}

/** Keys of a ConfigMap have no slashes: the volume's items map them back to paths. */
function keys(folder: ComponentFolder): Map<string, ComponentFolder['files'][number]> {
  const keyed = new Map<string, ComponentFolder['files'][number]>();
  for (const file of folder.files) {
    const plain = file.path.replaceAll('/', '.').replaceAll(/[^-._a-zA-Z0-9]/g, '_');
    keyed.set(keyed.has(plain) || plain.length > 253 ? `file-${checksum(file.path)}` : plain, file);
  }
  return keyed;
}

/** An empty directory for fetched components, deleted with the pod. @internal */
export function fetchedComponents(room: Size): BoundComponents {
  return {
    volume: emptyDirVolume('fetched', { limit: room }),
    path: '/var/lib/mis/components',
    writable: true,
  };
}
