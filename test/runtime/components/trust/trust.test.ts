import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ComponentIdentity } from '../../../../contracts/package/component-identity';
import { readPrivateKey, readPublicKey } from '../../../../runtime/components/trust/key-file';
import { generateKey } from '../../../../runtime/components/trust/keygen';
import { signComponent } from '../../../../runtime/components/trust/sign';
import { readSignatureFile, writeSignatureFile } from '../../../../runtime/components/trust/signature-file';
import { TrustedKeys } from '../../../../runtime/components/trust/verify';
import { signatureSchema } from '../../../../contracts/repository/listed-package';
import { temporaryFolder } from '../../../fixtures/temporary-folder';

const folder = temporaryFolder();
const ours = generateKey(join(folder, 'ours'));
const theirs = generateKey(join(folder, 'theirs'));
const identity: ComponentIdentity = {
  kind: 'model',
  name: 'fall',
  version: '1.0.0',
  sha256: 'ab'.repeat(32),
};
const signature = signComponent(identity, readPrivateKey(ours.privateKeyFile));
const trusted = TrustedKeys.read([ours.publicKeyFile]);

it('believes a trusted key, and a repository keeps its signature', () => {
  expect(() => trusted.verify(identity, signature)).not.toThrow();
  expect(signature.signer).toBe(ours.keyId);
  expect(signatureSchema.parse(signature)).toEqual(signature);
});

it.each([
  ['other bytes', { sha256: 'cd'.repeat(32) }],
  ['another version', { version: '1.0.1' }],
  ['another name', { name: 'fall2' }],
  ['another kind', { kind: 'service' as const }],
])('does not believe a signature for %s', (_, changes) => {
  const verify = () => trusted.verify({ ...identity, ...changes }, signature);
  expect(verify).toThrow(
    /^the signature of .* is wrong: ed25519:\w+ has not signed .* do not use it, and fetch or sign it again$/,
  );
});

it('says what to do about a signature that is absent, or of a key that is not trusted', () => {
  expect(() => trusted.verify(identity, undefined)).toThrow(
    `model 'fall' 1.0.0 is not signed: sign it (mis sign), or pin it in the document (digest: sha256:${identity.sha256})`,
  );
  const foreign = signComponent(identity, readPrivateKey(theirs.privateKeyFile));
  expect(() => trusted.verify(identity, foreign)).toThrow(
    `is signed by ${theirs.keyId}, which is not trusted here (trusted: ${ours.keyId}): trust that key`,
  );
  expect(() => new TrustedKeys([]).verify(identity, foreign)).toThrow('(no key is)');
  // somebody who cannot sign claims to be somebody who can
  expect(() => trusted.verify(identity, { ...foreign, signer: ours.keyId })).toThrow('is wrong');
  expect(() => trusted.verify(identity, { ...signature, signature: 'AAAA' })).toThrow('is wrong');
});

it('keeps a private key to its owner and writes over none', () => {
  expect(statSync(ours.privateKeyFile).mode & 0o777).toBe(0o600);
  expect(() => generateKey(ours.privateKeyFile)).toThrow('EEXIST');
});

it('says which file is no key', () => {
  const rsa = join(folder, 'none.pem');
  writeFileSync(rsa, 'hello');
  expect(() => readPrivateKey(rsa)).toThrow(`${rsa} cannot be read as a private key in PEM`);
  expect(() => readPublicKey(ours.privateKeyFile)).toThrow('it is a private key; name its .pub file instead');
  expect(() => readPublicKey(join(folder, 'absent'))).toThrow('absent cannot be read as a public key');
});

it('keeps a signature in a file that fits its package only', () => {
  const file = join(folder, 'fall.onnx.sig');
  expect(readSignatureFile(file, identity)).toBeUndefined();
  writeSignatureFile(file, identity, signature);
  expect(readSignatureFile(file, identity)).toEqual(signature);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ...identity, ...signature });
  expect(() => readSignatureFile(file, { ...identity, sha256: 'cd'.repeat(32) })).toThrow(
    `${file} is for sha256 'abab`,
  );
  writeFileSync(file, '{}');
  expect(() => readSignatureFile(file, identity)).toThrow(`${file} is no signature`);
});
