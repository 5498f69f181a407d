import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type Connections } from '../network/connections';
import { type Identity } from '../private/labels';
import { type Environment } from '../workload/environment';

/** What a store adds to the repository's pods. @internal */
export interface BoundStore {
  /** In this order: later ones may refer to earlier ones as `$(NAME)`. */
  readonly environment: Environment;
  readonly volume?: k8s.Volume;
  readonly mount?: k8s.VolumeMount;
  /** Whether only one pod may open it. */
  readonly singleWriter: boolean;
}

/** Storage of a repository. Implemented by {@link MongoDb}, {@link ExternalMongoDb} and {@link EmbeddedStore}. */
export interface IComponentStore {
  /** Called once, by the repository. @internal */
  _bindStore(repository: Construct, identity: Identity, connections: Connections): BoundStore;
}
