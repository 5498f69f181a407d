import { type SecureContextOptions } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import { type CertificateFiles, type Certificates } from '../access/certificate-files';

/** Credentials of the gRPC server: insecure without certificates, else TLS with the current ones. */
export function createServerCredentials(certificates: CertificateFiles | undefined): ServerCredentials {
  if (certificates === undefined) return ServerCredentials.createInsecure();
  return new FollowingCredentials(certificates);
}

/** Connections that are made after a change use the new certificate; those that are open keep theirs. */
class FollowingCredentials extends ServerCredentials {
  constructor(certificates: CertificateFiles) {
    const { ca } = certificates.current;
    super(
      { requestCert: ca !== undefined, rejectUnauthorized: ca !== undefined },
      toContext(certificates.current),
    );
    certificates.follow((next) => this.updateSecureContextOptions(toContext(next)));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

function toContext({ cert, key, ca }: Certificates): SecureContextOptions {
  return { cert, key, ca };
}
