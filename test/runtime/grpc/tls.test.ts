import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { checkHealth } from '../../fixtures/check-health';
import { FALL_DETECTION, startServer } from '../../fixtures/start-server';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const withOpenssl = makeCertificates() ? it : it.skip;

/** An authority, and certificates of it for the server and a client. */
function makeCertificates(): boolean {
  const openssl = (...args: string[]): unknown =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  try {
    openssl(
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'.split(' '),
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-subj',
      '/CN=test-authority',
    );
    for (const name of ['server', 'client']) {
      openssl(
        ...'req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'.split(' '),
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=DNS:localhost,IP:127.0.0.1',
      );
      openssl(
        ...'x509 -req -days 2 -copy_extensions copy -CA ca.crt -CAkey ca.key -CAcreateserial'.split(' '),
        '-in',
        `${name}.csr`,
        '-out',
        `${name}.crt`,
      );
    }
    return true;
  } catch {
    process.stderr.write('skipped: TLS needs openssl (3 or later) to make certificates\n');
    return false;
  }
}

describe('TLS', () => {
  const tls = { tlsCert: file('server.crt'), tlsKey: file('server.key') };

  withOpenssl('serves clients that trust its authority, and nobody in the clear', async () => {
    const { server, grpc } = await startServer([FALL_DETECTION], tls);
    const authority = readFileSync(file('ca.crt'));
    expect(await checkHealth(grpc, '', credentials.createSsl(authority))).toBe('SERVING');
    expect(await checkHealth(grpc, '', credentials.createInsecure())).toBe('UNAVAILABLE');
    await server.stop();
  });

  withOpenssl('with an authority for clients, serves only those that show a certificate', async () => {
    const { server, grpc } = await startServer([FALL_DETECTION], { ...tls, tlsClientCa: file('ca.crt') });
    const authority = readFileSync(file('ca.crt'));
    const own = credentials.createSsl(
      authority,
      readFileSync(file('client.key')),
      readFileSync(file('client.crt')),
    );
    expect(await checkHealth(grpc, '', own)).toBe('SERVING');
    expect(await checkHealth(grpc, '', credentials.createSsl(authority))).toBe('UNAVAILABLE');
    await server.stop();
  });

  withOpenssl('does not start with a file that is missing or no key', async () => {
    await expect(startServer([FALL_DETECTION], { ...tls, tlsKey: file('absent.key') })).rejects.toThrow(
      '--tls-key: ENOENT',
    );
    await expect(startServer([FALL_DETECTION], { ...tls, tlsKey: file('ca.crt') })).rejects.toThrow(
      'TLS: --tls-cert, --tls-key',
    );
  });
});
