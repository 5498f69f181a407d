import { PodVolume } from './pod-volume';

const PATH = '/etc/mis/certificate-authorities';
const FILE = 'ca.crt';

/** Certificate authorities (PEM) that a program trusts beside the public ones. */
export class CertificateAuthorities {
  static fromSecret(secret: string, key = FILE): CertificateAuthorities {
    return new CertificateAuthorities(PodVolume.secret(secret, PATH, { files: { [FILE]: key } }));
  }

  static fromConfigMap(configMap: string, key = FILE): CertificateAuthorities {
    return new CertificateAuthorities(PodVolume.configMap(configMap, PATH, { files: { [FILE]: key } }));
  }

  private constructor(
    /** @internal */
    readonly _volume: PodVolume,
  ) {}

  /** Node.js reads the one, programs in Go the other; both keep the authorities that they have. @internal */
  _environment(): Readonly<Record<string, string>> {
    return { NODE_EXTRA_CA_CERTS: `${PATH}/${FILE}`, SSL_CERT_DIR: PATH };
  }
}
