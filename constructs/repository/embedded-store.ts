import { Size } from 'cdk8s';
import { type Construct } from 'constructs';
import { requireInstance } from '../private/checks';
import { type Identity } from '../private/labels';
import { requireObjectName } from '../private/names';
import { addClaim, claimSpec } from '../workload/workload-objects';
import { type BoundStore, type IComponentStore } from './component-store';

export interface EmbeddedStoreOptions {
  /**
   * Size of the volume.
   *
   * @default Size.gibibytes(20)
   */
  readonly size?: Size;
  /**
   * Name of the StorageClass.
   *
   * @default - the cluster's default
   */
  readonly storageClass?: string;
}

const PATH = '/var/lib/mis-repository';

/** The repository's embedded store on a separate volume: no database, one replica. For small sites. */
export class EmbeddedStore implements IComponentStore {
  static onClaim(options: EmbeddedStoreOptions = {}): EmbeddedStore {
    const size = requireInstance(
      'EmbeddedStore.onClaim',
      'size',
      options.size ?? Size.gibibytes(20),
      Size,
      'Size.gibibytes(20)',
    );
    if (options.storageClass !== undefined) {
      requireObjectName('EmbeddedStore.onClaim', 'storageClass', options.storageClass);
    }
    return new EmbeddedStore(size, options.storageClass);
  }

  private constructor(
    private readonly size: Size,
    private readonly storageClass?: string,
  ) {}

  /** @internal */
  _bindStore(repository: Construct, { name, labels }: Identity): BoundStore {
    const claimName = `${name}-data`;
    addClaim(repository, 'Data', claimName, labels, claimSpec(this.size, this.storageClass));
    return {
      environment: { MIS_STORE: `file:${PATH}` },
      volume: { name: 'data', persistentVolumeClaim: { claimName } },
      mount: { name: 'data', mountPath: PATH },
      singleWriter: true,
    };
  }
}
