import { sign, type KeyObject } from 'node:crypto';
import {
  keyIdOf,
  signedBytes,
  type ComponentIdentity,
  type ComponentSignature,
} from '../../../contracts/package/component-identity';

/** Signs a component with an Ed25519 private key. */
export function signComponent(identity: ComponentIdentity, privateKey: KeyObject): ComponentSignature {
  return {
    signature: sign(null, signedBytes(identity), privateKey).toString('base64'),
    signer: keyIdOf(privateKey),
  };
}
