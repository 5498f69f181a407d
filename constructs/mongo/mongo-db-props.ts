import { type Size } from 'cdk8s';
import { type ContainerImage } from '../images';
import { type Placement } from '../workload/placement';
import { type Resources } from '../workload/resources';

export interface MongoDbProps extends Placement {
  /**
   * Name of a Secret that is in the namespace, with the keys `username` and `password` (letters, digits, `-` and `_`: they
   * become part of a connection string), and for a replica set `keyfile` (6 to 1024 base64 characters).
   *
   * @default - `<name>-credentials`
   */
  readonly credentials?: string;
  /**
   * Disk of each member. It cannot be changed later.
   *
   * @default Size.gibibytes(20)
   */
  readonly storage?: Size;
  /**
   * Name of the StorageClass; block storage, never NFS.
   *
   * @default - the cluster's default
   */
  readonly storageClass?: string;
  /**
   * CPU and memory of each member.
   *
   * @default Resources.guaranteed(Cpu.units(1), Size.gibibytes(2))
   */
  readonly resources?: Resources;
  /**
   * Another image than the pinned one.
   *
   * @default - `mongo` at the pinned version
   */
  readonly image?: ContainerImage;
}

export interface MongoReplicaSetProps extends MongoDbProps {
  /**
   * Number of members; odd, so that a majority is always clear.
   *
   * @default 3
   */
  readonly members?: number;
}
