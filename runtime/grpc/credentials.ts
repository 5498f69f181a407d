import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import { ConfigurationError, messageOf, type Problem } from '../errors';

/** Files of PEM texts. */
export interface TlsOptions {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Authorities whose client certificates are accepted; with it, every client must show one (mTLS). */
  readonly clientAuthorityFile?: string;
}

/**
 * Credentials of the gRPC server: insecure without `tls`.
 * @throws ConfigurationError naming each file that cannot be read, or what is wrong with the pair.
 */
export function createServerCredentials(tls: TlsOptions | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const problems: Problem[] = [];
  const read = (option: string, file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      problems.push({ path: option, message: messageOf(error) });
      return Buffer.alloc(0);
    }
  };
  const certificate = read('--tls-cert', tls.certificateFile);
  const key = read('--tls-key', tls.keyFile);
  const authority =
    tls.clientAuthorityFile === undefined ? null : read('--tls-client-ca', tls.clientAuthorityFile);
  if (problems.length > 0) throw new ConfigurationError('TLS', problems);
  try {
    // grpc-js looks at them when it binds, and then does not say which of them was wrong.
    createSecureContext({ cert: certificate, key, ca: authority ?? undefined });
    return ServerCredentials.createSsl(
      authority,
      [{ private_key: key, cert_chain: certificate }],
      authority !== null,
    );
  } catch (error) {
    throw new ConfigurationError('TLS', [{ path: '--tls-cert, --tls-key', message: messageOf(error) }]);
  }
}
