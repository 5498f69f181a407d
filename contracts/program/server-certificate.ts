import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigurationError, messageOf, type Problem } from './problem';

/** Files of PEM texts: a server's certificate with those of its issuers, and its private key. */
export interface CertificateFilePair {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** What a TLS server is set up with. */
export interface ServerCertificate {
  /** The chain: the server's own certificate first, then each one's issuer. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** When the server's own certificate ends, in epoch milliseconds. */
  readonly expiresMs: number;
}

/**
 * Reads a certificate and its key for `--tls-cert` and `--tls-key`. A chain in another order is put in order: TLS wants the
 * server's own certificate first.
 * @throws ConfigurationError when a file cannot be read, holds no PEM, or the key is of another certificate.
 */
export function readServerCertificate({ certificateFile, keyFile }: CertificateFilePair): ServerCertificate {
  const problems: Problem[] = [];
  const attempt = <T>(path: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      problems.push({ path, message: messageOf(error) });
      return undefined;
    }
  };
  const cert = attempt('--tls-cert', () => readFileSync(certificateFile));
  const key = attempt('--tls-key', () => readFileSync(keyFile));
  const pair = cert && key && attempt('--tls-cert, --tls-key', () => toPair(cert, key));
  if (pair === undefined) throw new ConfigurationError('TLS', problems);
  return pair;
}

const PEM_CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

function toPair(cert: Buffer, key: Buffer): ServerCertificate {
  const certificates = (cert.toString('latin1').match(PEM_CERTIFICATE) ?? []).map(
    (text) => new X509Certificate(text),
  );
  // Says what is wrong with texts that are no PEM.
  if (certificates.length === 0) createSecureContext({ cert, key });
  const chain = orderChain(certificates, createPrivateKey(key));
  const [own] = chain;
  const inOrder = chain.every((certificate, index) => certificate === certificates[index]);
  const ordered = inOrder ? cert : Buffer.from(chain.map(String).join(''));
  // OpenSSL has rules of its own, e.g. on the strength of keys.
  createSecureContext({ cert: ordered, key });
  return { cert: ordered, key, expiresMs: Date.parse(own.validTo) };
}

/** The certificate of the key, then its issuers as far as they are there, then the others in the order of the file. */
function orderChain(certificates: readonly X509Certificate[], key: KeyObject): X509Certificate[] {
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) {
    const subjects = certificates
      .map(({ subject }) => `'${(subject ?? '').replaceAll('\n', ', ')}'`)
      .join(', ');
    throw new Error(`key values mismatch: the key is of none of the certificates (${subjects})`);
  }
  const chain = [own];
  const rest = new Set(certificates.filter((certificate) => certificate !== own));
  for (const last of chain) {
    const issuer = [...rest].find((candidate) => last.checkIssued(candidate));
    if (issuer === undefined) continue;
    rest.delete(issuer);
    chain.push(issuer);
  }
  return [...chain, ...rest];
}
