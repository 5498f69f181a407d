import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf } from '../../../contracts/program/problem';
import { ComponentError } from '../../../contracts/package/component-error';

/** @throws ComponentError when the file is no Ed25519 private key in PEM. */
export function readPrivateKey(file: string): KeyObject {
  return readKey(file, 'private', createPrivateKey);
}

/** @throws ComponentError when the file is no Ed25519 public key in PEM. */
export function readPublicKey(file: string): KeyObject {
  return readKey(file, 'public', (pem) => {
    // the library would make a public key of a private one: that a private key was handed out is no detail
    if (pem.includes('PRIVATE KEY')) throw new Error('it is a private key; name its .pub file instead');
    return createPublicKey(pem);
  });
}

function readKey(file: string, kind: string, create: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = create(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ComponentError(`${file} cannot be read as a ${kind} key in PEM: ${messageOf(error)}`);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new ComponentError(
    `${file} must be an Ed25519 key, got ${key.asymmetricKeyType}; 'mis keygen' makes one`,
  );
}
