import { type IConnections } from '../network/connections';
import { Peer } from '../network/peer';
import { refuse, requireInstance } from '../private/checks';
import { portOf, requireUrl } from '../private/urls';
import { CertificateAuthorities } from '../workload/certificate-authorities';
import { SecretKey } from '../workload/secret-key';
import { type IComponentRepository } from './component-repository-reference';

export interface ExternalRepositoryOptions {
  /**
   * Bearer token for it.
   *
   * @default - none
   */
  readonly token?: SecretKey;
  /**
   * Authorities of its certificate.
   *
   * @default - the public ones
   */
  readonly certificateAuthorities?: CertificateAuthorities;
  /**
   * Where it is, for the servers' NetworkPolicies.
   *
   * @default Peer.anywhere()
   */
  readonly peer?: Peer;
  /**
   * Port of its pods, where the URL names a Service of this cluster with another one.
   *
   * @default - that of the URL
   */
  readonly port?: number;
}

/** A component repository that exists already; see `ComponentRepository.fromUrl`. */
export class ExternalRepository implements IComponentRepository {
  readonly port: number;
  readonly token?: SecretKey;
  readonly certificateAuthorities?: CertificateAuthorities;
  readonly connections: IConnections;

  constructor(
    readonly url: string,
    { token, certificateAuthorities, peer = Peer.anywhere(), port }: ExternalRepositoryOptions = {},
  ) {
    const subject = 'ComponentRepository.fromUrl';
    const parsed = requireUrl(subject, 'url', url, 'https://repository.example');
    if (parsed.username !== '' || parsed.password !== '')
      refuse(
        subject,
        'url',
        'a URL with a user',
        "a URL without user and password; a token goes into 'token'",
      );
    this.port = port ?? portOf(parsed);
    this.token =
      token && requireInstance(subject, 'token', token, SecretKey, "SecretKey.of('repository', 'token')");
    this.certificateAuthorities =
      certificateAuthorities &&
      requireInstance(
        subject,
        'certificateAuthorities',
        certificateAuthorities,
        CertificateAuthorities,
        "CertificateAuthorities.fromConfigMap('company-ca')",
      );
    // Its own policy is not of this package.
    this.connections = {
      peer: requireInstance(subject, 'peer', peer, Peer, 'Peer.anywhere()'),
      allowFrom: () => undefined,
    };
  }
}
