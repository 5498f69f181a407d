import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigurationError, messageOf, type Problem } from '../../contracts/program/problem';
import {
  readServerCertificate,
  type CertificateFilePair,
  type ServerCertificate,
} from '../../contracts/program/server-certificate';
import { type ReloadedCredential } from './credential-reloader';

export interface TlsOptions extends CertificateFilePair {
  /** Authorities whose client certificates are accepted; with it, every client must show one (mTLS). */
  readonly clientAuthorityFile?: string;
}

export interface Certificates extends ServerCertificate {
  /** Authorities of clients; absent: clients are not asked for a certificate. */
  readonly ca?: Buffer;
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

function readCertificates(options: TlsOptions): Certificates {
  const { clientAuthorityFile } = options;
  const problems: Problem[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const own = attempt(() => readServerCertificate(options));
  const ca =
    clientAuthorityFile === undefined ? undefined : attempt(() => readAuthority(clientAuthorityFile));
  if (own === undefined || problems.length > 0) throw new ConfigurationError('TLS', problems);
  return { ...own, ...(ca && { ca }) };
}

/** A file without any certificate would be taken, and then no client could connect. */
function readAuthority(file: string): Buffer {
  try {
    const ca = readFileSync(file);
    new X509Certificate(ca);
    return ca;
  } catch (error) {
    throw new ConfigurationError('TLS', [{ path: '--tls-client-ca', message: messageOf(error) }]);
  }
}
