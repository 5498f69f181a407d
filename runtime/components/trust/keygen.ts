import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { keyIdOf } from '../../../contracts/package/component-identity';

export interface GeneratedKey {
  readonly privateKeyFile: string;
  readonly publicKeyFile: string;
  readonly keyId: string;
}

/**
 * Makes a key pair as two PEM files: `<file>`, which only its owner can read, and `<file>.pub`, which runtimes are told to
 * trust. A file that is there is never written over.
 */
export function generateKey(file: string): GeneratedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicKeyFile = `${file}.pub`;
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  writeFileSync(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }), {
    mode: 0o644,
    flag: 'wx',
  });
  return { privateKeyFile: file, publicKeyFile, keyId: keyIdOf(publicKey) };
}
