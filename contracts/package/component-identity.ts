import { createHash, type KeyObject } from 'node:crypto';
import { type ComponentKind } from './component-manifest';

/** What a signature vouches for: these bytes are this version of this component. */
export interface ComponentIdentity {
  readonly kind: ComponentKind;
  readonly name: string;
  /** Of code: the version in its component.json; empty when it has none. */
  readonly version: string;
  /** Of the package, in hexadecimal. */
  readonly sha256: string;
}

/** A detached Ed25519 signature. */
export interface ComponentSignature {
  /** 64 bytes in base64. */
  readonly signature: string;
  /** Id of the key: `ed25519:` and the SHA-256 of the public key in hexadecimal. */
  readonly signer: string;
}

/** The bytes that are signed. A name cannot have a line break, so no two components share them. */
export function signedBytes({ kind, name, version, sha256 }: ComponentIdentity): Buffer {
  return Buffer.from(['mis-component-signature/1', kind, name, version, sha256, ''].join('\n'));
}

/** The id of a public key, or of a private key's public one. */
export function keyIdOf(key: KeyObject): string {
  const { x = '' } = key.export({ format: 'jwk' });
  return `ed25519:${createHash('sha256').update(Buffer.from(x, 'base64url')).digest('hex')}`;
}
