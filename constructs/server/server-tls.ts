import { requireObjectName } from '../private/names';
import { type PodAddition, secretPath, secretVolume } from './pod-addition';

export interface ServerTlsOptions {
  /**
   * Name of a Secret with `ca.crt`: clients must then show a certificate that it signed (mTLS).
   *
   * @default - clients need no certificate
   */
  readonly clientCa?: string;
}

/**
 * TLS of a server's gRPC port. A renewed certificate is taken up without a restart. Health is then asked over HTTP, because
 * Kubernetes does not speak TLS to a gRPC health service.
 */
export class ServerTls {
  /** @param secret name of a Secret of type `kubernetes.io/tls` (`tls.crt`, `tls.key`) */
  static fromSecret(secret: string, { clientCa }: ServerTlsOptions = {}): ServerTls {
    requireObjectName('ServerTls.fromSecret', 'secret', secret);
    if (clientCa !== undefined) requireObjectName('ServerTls.fromSecret', 'clientCa', clientCa);
    return new ServerTls(secret, clientCa);
  }

  private constructor(
    readonly secret: string,
    readonly clientCa?: string,
  ) {}

  /** @internal */
  _toPod(): PodAddition {
    const path = secretPath('tls');
    const { clientCa } = this;
    return {
      arguments: [
        ...['--tls-cert', `${path}/tls.crt`, '--tls-key', `${path}/tls.key`],
        ...(clientCa === undefined ? [] : ['--tls-client-ca', `${secretPath('client-ca')}/ca.crt`]),
      ],
      volumes: [
        secretVolume('tls', this.secret, { 'tls.crt': 'tls.crt', 'tls.key': 'tls.key' }),
        ...(clientCa === undefined ? [] : [secretVolume('client-ca', clientCa, { 'ca.crt': 'ca.crt' })]),
      ],
    };
  }
}
