import { verify, type KeyObject } from 'node:crypto';
import { ComponentError } from '../../../contracts/package/component-error';
import {
  keyIdOf,
  signedBytes,
  type ComponentIdentity,
  type ComponentSignature,
} from '../../../contracts/package/component-identity';
import { readPublicKey } from './key-file';

/** The public keys whose signatures are believed. Only the runtime decides on them; a repository only keeps signatures. */
export class TrustedKeys {
  private readonly keys: ReadonlyMap<string, KeyObject>;

  constructor(publicKeys: readonly KeyObject[]) {
    this.keys = new Map(publicKeys.map((key) => [keyIdOf(key), key]));
  }

  /** @throws ComponentError naming the file that is no public key. */
  static read(files: readonly string[]): TrustedKeys {
    return new TrustedKeys(files.map(readPublicKey));
  }

  get keyIds(): string[] {
    return [...this.keys.keys()];
  }

  /**
   * Returns when a trusted key has signed exactly this component.
   * @throws ComponentError with what is wrong and what to do.
   */
  verify(identity: ComponentIdentity, signature: ComponentSignature | undefined): void {
    const what = [identity.kind, `'${identity.name}'`, identity.version].filter(Boolean).join(' ');
    if (!signature) {
      throw new ComponentError(
        `${what} is not signed: sign it (mis sign), or pin it in the document (digest: sha256:${identity.sha256})`,
      );
    }
    const key = this.keys.get(signature.signer);
    if (!key) {
      throw new ComponentError(
        `${what} is signed by ${signature.signer}, which is not trusted here (${this.describeKeys()}): ` +
          'trust that key, or have it signed by one that is trusted',
      );
    }
    if (!verify(null, signedBytes(identity), key, Buffer.from(signature.signature, 'base64'))) {
      throw new ComponentError(
        `the signature of ${what} is wrong: ${signature.signer} has not signed sha256:${identity.sha256} ` +
          'under that name and version; do not use it, and fetch or sign it again',
      );
    }
  }

  private describeKeys(): string {
    return this.keys.size === 0 ? 'no key is' : `trusted: ${this.keyIds.join(', ')}`;
  }
}
