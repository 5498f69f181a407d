import { type IConnectable } from '../network/connections';
import { type CertificateAuthorities } from '../workload/certificate-authorities';
import { type SecretKey } from '../workload/secret-key';

/** A component repository that servers fetch from. */
export interface IComponentRepository extends Partial<IConnectable> {
  /** Base URL, e.g. `http://repository.ml.svc.cluster.local:9012`. */
  readonly url: string;
  /**
   * Port of its pods, for NetworkPolicies.
   *
   * @default - that of the URL
   */
  readonly port?: number;
  /**
   * Bearer token that servers send, in their own namespace.
   *
   * @default - none
   */
  readonly token?: SecretKey;
  /**
   * Authorities of its certificate, in the servers' namespace.
   *
   * @default - the public ones
   */
  readonly certificateAuthorities?: CertificateAuthorities;
}
