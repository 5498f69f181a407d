import { type IConnectable } from '../network/connections';

/** A component repository that servers fetch from. */
export interface IComponentRepository extends IConnectable {
  /** Base URL, e.g. `http://repository.ml.svc.cluster.local:9012`. */
  readonly url: string;
  readonly port: number;
}
