import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { type AddressInfo } from 'node:net';
import { readServerCertificate } from '../../../contracts/program/server-certificate';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const folder = temporaryFolder({ 'ca.ext': 'basicConstraints=critical,CA:TRUE\n' });
const file = (name: string): string => join(folder, name);
const text = (name: string): string => readFileSync(file(name), 'utf8');

/** Root, two intermediates and a leaf (`leaf.crt`, `leaf.key`), and keys of other kinds. */
function makeChain(): boolean {
  const openssl = (line: string): unknown =>
    execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'ignore' });
  try {
    const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
    openssl(`req -x509 ${newKey} -days 2 -keyout root.key -out root.crt -subj /CN=root`);
    const chain = ['root', 'upper', 'lower', 'leaf'];
    for (const [index, name] of chain.slice(1).entries()) {
      openssl(
        `req ${newKey} -keyout ${name}.key -out ${name}.csr -subj /CN=${name} -addext subjectAltName=DNS:${name}`,
      );
      const kind = name === 'leaf' ? '-copy_extensions copy' : '-extfile ca.ext';
      openssl(
        `x509 -req -days 2 ${kind} -CA ${chain[index]}.crt -CAkey ${chain[index]}.key -CAcreateserial -in ${name}.csr -out ${name}.crt`,
      );
    }
    openssl('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key');
    openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other-ec.key');
    openssl('genpkey -algorithm ED25519 -out ed25519.key');
    openssl('ecparam -name prime256v1 -genkey -out with-parameters.key');
    return true;
  } catch {
    process.stderr.write('skipped: certificates need openssl (3 or later)\n');
    return false;
  }
}

const withOpenssl = makeChain() ? it : it.skip;
const bundle = (...names: string[]): { certificateFile: string; keyFile: string } => {
  const certificateFile = file(`${names.join('-')}.pem`);
  writeFileSync(certificateFile, names.map((name) => text(`${name}.crt`)).join(''));
  return { certificateFile, keyFile: file('leaf.key') };
};

/** Whether a client that knows the root alone accepts the server. */
async function handshake(pair: { cert: Buffer; key: Buffer }): Promise<void> {
  const server = createServer(pair, (socket) => socket.end()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  let client: TLSSocket | undefined;
  try {
    await new Promise((resolve, reject) => {
      client = connect({ port, host: '127.0.0.1', servername: 'leaf', ca: text('root.crt') });
      client.once('secureConnect', resolve).once('error', reject);
    });
  } finally {
    client?.destroy();
    server.close();
  }
}

describe("a server's certificate and key", () => {
  withOpenssl.each([
    [['leaf', 'lower', 'upper']],
    [['lower', 'upper', 'leaf']],
    [['upper', 'lower', 'leaf']],
    [['root', 'upper', 'lower', 'leaf']],
    [['upper', 'leaf', 'root', 'lower']],
  ])('serve clients whatever the order of the chain: %j', async (names) => {
    const { cert, key, expiresMs } = readServerCertificate(bundle(...names));
    const subjects = (cert.toString().match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
      (pem) => new X509Certificate(pem).subject,
    );
    expect(subjects.slice(0, 3)).toEqual(['CN=leaf', 'CN=lower', 'CN=upper']);
    expect(subjects).toHaveLength(names.length);
    expect(expiresMs).toBe(Date.parse(new X509Certificate(text('leaf.crt')).validTo));
    await handshake({ cert, key });
  });

  withOpenssl('are left as they are in the right order', () => {
    const pair = bundle('leaf', 'lower');
    expect(readServerCertificate(pair).cert).toEqual(readFileSync(pair.certificateFile));
  });

  withOpenssl.each(['rsa.key', 'other-ec.key', 'ed25519.key', 'with-parameters.key', 'lower.key'])(
    'are refused when the key is of another certificate: %s',
    (name) => {
      expect(() => readServerCertificate({ ...bundle('leaf', 'upper'), keyFile: file(name) })).toThrow(
        "TLS: --tls-cert, --tls-key: key values mismatch: the key is of none of the certificates ('CN=leaf', 'CN=upper')",
      );
    },
  );

  withOpenssl('are refused where a file is absent or is no PEM, by option', () => {
    const absent = { certificateFile: file('absent.crt'), keyFile: file('absent.key') };
    expect(() => readServerCertificate(absent)).toThrow(/--tls-cert: ENOENT[\s\S]*--tls-key: ENOENT/);
    const swapped = { certificateFile: file('leaf.key'), keyFile: file('leaf.crt') };
    expect(() => readServerCertificate(swapped)).toThrow('TLS: --tls-cert, --tls-key: ');
  });
});
