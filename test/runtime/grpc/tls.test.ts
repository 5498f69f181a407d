import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { makeCertificates } from '../../fixtures/certificates';
import { checkHealth } from '../../fixtures/check-health';
import { FALL_DETECTION, startServer } from '../../fixtures/start-server';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const withOpenssl = makeCertificates(folder) ? it : it.skip;

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
