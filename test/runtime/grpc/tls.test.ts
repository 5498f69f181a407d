import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { makeCertificates } from '../../fixtures/certificates';
import { checkHealth } from '../../fixtures/check-health';
import { eventually } from '../../fixtures/eventually';
import { recordingLog } from '../../fixtures/recording-log';
import { FALL_DETECTION, startServer, type StartedServer } from '../../fixtures/start-server';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { describeWith } from '../../fixtures/tools';

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);

describeWith('OpenSSL 3', 'TLS', () => {
  beforeAll(() => makeCertificates(folder));
  const tls = { tlsCert: file('server.crt'), tlsKey: file('server.key') };

  it('serves clients that trust its authority, and nobody in the clear', async () => {
    const { server, grpc } = await startServer([FALL_DETECTION], tls);
    const authority = readFileSync(file('ca.crt'));
    expect(await checkHealth(grpc, '', credentials.createSsl(authority))).toBe('SERVING');
    expect(await checkHealth(grpc, '', credentials.createInsecure())).toBe('UNAVAILABLE');
    await server.stop();
  });

  it('with an authority for clients, serves only those that show a certificate', async () => {
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

  it('does not start with a file that is missing or no key', async () => {
    await expect(startServer([FALL_DETECTION], { ...tls, tlsKey: file('absent.key') })).rejects.toThrow(
      '--tls-key: ENOENT',
    );
    await expect(startServer([FALL_DETECTION], { ...tls, tlsKey: file('ca.crt') })).rejects.toThrow(
      'TLS: --tls-cert, --tls-key',
    );
  });
});

describeWith('OpenSSL 3', 'certificates that are renewed', () => {
  const renewed = temporaryFolder();
  beforeAll(() => [folder, renewed].forEach(makeCertificates));

  /** A folder as the kubelet mounts a Secret: links into a folder that is a link itself, which is swapped. */
  function mountSecret(from: string): { folder: string; swap: (next: string) => void } {
    const mounted = temporaryFolder();
    let version = 0;
    const swap = (next: string): void => {
      const data = `..version-${version++}`;
      mkdirSync(join(mounted, data));
      for (const name of ['server.crt', 'server.key'])
        copyFileSync(join(next, name), join(mounted, data, name));
      symlinkSync(data, join(mounted, '..data_tmp'));
      renameSync(join(mounted, '..data_tmp'), join(mounted, '..data'));
    };
    swap(from);
    for (const name of ['server.crt', 'server.key']) symlinkSync(`..data/${name}`, join(mounted, name));
    return { folder: mounted, swap };
  }
  const optionsOf = (mounted: string) => ({
    tlsCert: join(mounted, 'server.crt'),
    tlsKey: join(mounted, 'server.key'),
  });

  it('are used by new connections, while those that are open go on', async () => {
    const { folder: mounted, swap } = mountSecret(folder);
    const { server, grpc, http } = await startServer([FALL_DETECTION], {
      ...optionsOf(mounted),
      httpTls: 'on',
    });
    const open = connectTls({ ...addressOf(grpc), ca: readFileSync(file('ca.crt')), ALPNProtocols: ['h2'] });
    await new Promise((resolve, reject) => open.once('secureConnect', resolve).once('error', reject));
    expect(await expiryMetric(server)).toBe(expiryOf(file('server.crt')));

    swap(renewed);
    const authority = readFileSync(join(renewed, 'ca.crt'));
    await eventually(async () => {
      expect(await checkHealth(grpc, '', credentials.createSsl(authority))).toBe('SERVING');
    });
    expect(open.destroyed).toBe(false);
    expect(await checkHealth(grpc, '', credentials.createSsl(readFileSync(file('ca.crt'))))).toBe(
      'UNAVAILABLE',
    );
    expect(await getText(http, '/readyz', authority)).toBe('ready\n');
    expect(await expiryMetric(server)).toBe(expiryOf(join(renewed, 'server.crt')));
    open.destroy();
    await server.stop();
  });

  it('are refused when they cannot serve: those before go on', async () => {
    const { folder: mounted, swap } = mountSecret(folder);
    const recorded = recordingLog();
    const { server, grpc } = await startServer([FALL_DETECTION], optionsOf(mounted), recorded.log);
    const mixed = temporaryFolder();
    copyFileSync(join(renewed, 'server.crt'), join(mixed, 'server.crt'));
    copyFileSync(file('server.key'), join(mixed, 'server.key'));
    swap(mixed);
    await eventually(() =>
      expect(recorded.of('changed credentials refused; the previous ones stay in use')).toMatchObject([
        { credential: 'tls', reason: expect.stringContaining('key values mismatch') as string },
      ]),
    );
    expect(await checkHealth(grpc, '', credentials.createSsl(readFileSync(file('ca.crt'))))).toBe('SERVING');
    expect(await server.metrics.expose()).toContain(
      'mis_credential_reloads_total{credential="tls",outcome="refused"} 1',
    );
    writeFileSync(join(mixed, 'server.crt'), 'no certificate');
    swap(mixed);
    await server.reloadCredentials();
    expect(await checkHealth(grpc, '', credentials.createSsl(readFileSync(file('ca.crt'))))).toBe('SERVING');
    await server.stop();
  });

  it('are told of where they cannot let any client in', async () => {
    const options = { ...optionsOf(folder), tlsClientCa: file('server.key') };
    await expect(startServer([FALL_DETECTION], options)).rejects.toThrow('TLS: --tls-client-ca');
  });
});

function addressOf(address: string): { host: string; port: number } {
  const [host, port] = address.split(':');
  return { host, port: Number(port) };
}

function expiryOf(certificate: string): number {
  return Math.floor(Date.parse(new X509Certificate(readFileSync(certificate)).validTo) / 1000);
}

async function expiryMetric(server: StartedServer['server']): Promise<number> {
  const name = 'mis_certificate_expiry_timestamp_seconds{certificate="server"}';
  const line = (await server.metrics.expose()).split('\n').find((text) => text.startsWith(name));
  return Number(line?.slice(name.length));
}

function getText(address: string, path: string, ca: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ ...addressOf(address), path, ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}
