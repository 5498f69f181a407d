import { requireObjectName } from '../private/names';
import { type Typed } from './api-types';

export interface ListenerTlsOptions {
  /**
   * Name of a Secret or ConfigMap-like Secret with `ca.crt`: clients must then show a certificate that it signed (mTLS).
   *
   * @default - clients need no certificate
   */
  readonly clientCa?: string;
}

export const TLS_PATH = '/etc/envoy/tls';
export const CLIENT_CA_PATH = '/etc/envoy/client-ca';
/** Name of the file that tells Envoy where the certificate is. */
export const SDS_FILE = 'certificate.yaml';
const SDS_PATH = `/etc/envoy/config/${SDS_FILE}`;

/** TLS between clients and the balancer. A renewed certificate is taken up without a restart. */
export class ListenerTls {
  /** @param secret name of a Secret of type `kubernetes.io/tls` (`tls.crt`, `tls.key`) */
  static fromSecret(secret: string, { clientCa }: ListenerTlsOptions = {}): ListenerTls {
    requireObjectName('ListenerTls.fromSecret', 'secret', secret);
    if (clientCa !== undefined) requireObjectName('ListenerTls.fromSecret', 'clientCa', clientCa);
    return new ListenerTls(secret, clientCa);
  }

  private constructor(
    readonly secret: string,
    readonly clientCa?: string,
  ) {}

  /** @internal */
  _toEnvoy(): Typed {
    return {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      ...(this.clientCa !== undefined && { require_client_certificate: true }),
      common_tls_context: {
        tls_params: { tls_minimum_protocol_version: 'TLSv1_2' },
        alpn_protocols: ['h2'],
        tls_certificate_sds_secret_configs: [
          {
            name: 'server',
            sds_config: { path_config_source: { path: SDS_PATH }, resource_api_version: 'V3' },
          },
        ],
        ...(this.clientCa !== undefined && {
          validation_context: { trusted_ca: { filename: `${CLIENT_CA_PATH}/ca.crt` } },
        }),
      },
    };
  }

  /** The file that names the certificate's paths; Envoy reloads them when they change. @internal */
  _toSecretFile(): unknown {
    return {
      resources: [
        {
          '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
          name: 'server',
          tls_certificate: {
            certificate_chain: { filename: `${TLS_PATH}/tls.crt` },
            private_key: { filename: `${TLS_PATH}/tls.key` },
            watched_directory: { path: TLS_PATH },
          },
        },
      ],
    };
  }
}
