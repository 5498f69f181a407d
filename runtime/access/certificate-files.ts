import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigurationError, messageOf, type Problem } from '../../contracts/program/problem';
import { type ReloadedCredential } from './credential-reloader';

/** Files of PEM texts. */
export interface TlsOptions {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Authorities whose client certificates are accepted; with it, every client must show one (mTLS). */
  readonly clientAuthorityFile?: string;
}

/** What a TLS server is set up with. */
export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Authorities of clients; absent: clients are not asked for a certificate. */
  readonly ca?: Buffer;
  /** When the server's own certificate ends, in epoch milliseconds. */
  readonly expiresMs: number;
}

/** The server's certificate, its key and the authorities of its clients: read at the start, and again when they change. */
export class CertificateFiles implements ReloadedCredential {
  readonly name = 'tls';
  private certificates: Certificates;
  private readonly followers: ((certificates: Certificates) => void)[] = [];

  /** @throws ConfigurationError naming each file that cannot be read, or what is wrong with the pair. */
  constructor(private readonly options: TlsOptions) {
    this.certificates = readCertificates(options);
  }

  get current(): Certificates {
    return this.certificates;
  }

  get files(): readonly string[] {
    const { certificateFile, keyFile, clientAuthorityFile } = this.options;
    return [certificateFile, keyFile, ...(clientAuthorityFile === undefined ? [] : [clientAuthorityFile])];
  }

  /** Has `take` called with every new set: connections that are made from then on use it. */
  follow(take: (certificates: Certificates) => void): void {
    this.followers.push(take);
  }

  /** @throws ConfigurationError when the new files cannot serve; nothing has changed then. */
  reload(): void {
    const next = readCertificates(this.options);
    if (next.expiresMs <= Date.now()) {
      const ended = new Date(next.expiresMs).toISOString();
      throw new ConfigurationError('TLS', [{ path: '--tls-cert', message: `has expired at ${ended}` }]);
    }
    this.certificates = next;
    for (const take of this.followers) take(next);
  }
}

function readCertificates({ certificateFile, keyFile, clientAuthorityFile }: TlsOptions): Certificates {
  const problems: Problem[] = [];
  const read = (option: string, file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      problems.push({ path: option, message: messageOf(error) });
      return Buffer.alloc(0);
    }
  };
  const cert = read('--tls-cert', certificateFile);
  const key = read('--tls-key', keyFile);
  const ca = clientAuthorityFile === undefined ? undefined : read('--tls-client-ca', clientAuthorityFile);
  if (problems.length > 0) throw new ConfigurationError('TLS', problems);
  try {
    // Whoever binds looks at them as well, and then does not say which of them was wrong.
    createSecureContext({ cert, key, ca });
    const expiresMs = Date.parse(new X509Certificate(cert).validTo);
    if (ca !== undefined) requireAuthority(ca);
    return { cert, key, ...(ca && { ca }), expiresMs };
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError('TLS', [{ path: '--tls-cert, --tls-key', message: messageOf(error) }]);
  }
}

/** A text without any certificate would be taken, and then let nobody in. */
function requireAuthority(ca: Buffer): void {
  try {
    new X509Certificate(ca);
  } catch (error) {
    throw new ConfigurationError('TLS', [{ path: '--tls-client-ca', message: messageOf(error) }]);
  }
}
