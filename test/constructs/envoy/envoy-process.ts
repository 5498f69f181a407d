import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Bootstrap } from '../../../constructs/envoy/bootstrap';
import { type ListenerTls } from '../../../constructs/envoy/listener-tls';

export { EnvoyProcess, until } from '../../../scripts/envoy/envoy-process';
export { freePort } from '../../../scripts/free-port';

/** Envoy's own judgement of a configuration, with its files in a folder of their own; throws with what it says. */
export function validate(program: string, bootstrap: Bootstrap, tls?: ListenerTls): string {
  const folder = mkdtempSync(join(tmpdir(), 'envoy-'));
  const place = (text: string) => text.replaceAll('/etc/envoy/', `${folder}/`);
  try {
    for (const name of ['config', 'tls', 'client-ca']) mkdirSync(join(folder, name));
    const subject = ['-subj', '/CN=edge', '-days', '2', '-nodes', '-newkey', 'rsa:2048'];
    const files = ['-keyout', join(folder, 'tls/tls.key'), '-out', join(folder, 'tls/tls.crt')];
    execFileSync('openssl', ['req', '-x509', ...subject, ...files], { stdio: 'pipe' });
    copyFileSync(join(folder, 'tls/tls.crt'), join(folder, 'client-ca/ca.crt'));
    writeFileSync(join(folder, 'config/envoy.yaml'), place(stringify(bootstrap)));
    writeFileSync(join(folder, 'config/certificate.yaml'), place(stringify(tls?._toSecretFile())));
    const command = ['--mode', 'validate', '-c', join(folder, 'config/envoy.yaml')];
    return execFileSync(program, command, { encoding: 'utf8', stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
