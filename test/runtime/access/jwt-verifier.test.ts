import { createHmac, createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JWK } from 'jose';
import { JwtVerifier, type JwtOptions } from '../../../runtime/access/jwt-verifier';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { tokenIssuer, type TokenIssuer } from '../../fixtures/token-issuer';

const keySet = (...keys: object[]): string => JSON.stringify({ keys });
const fileOf = (text: string): string => join(temporaryFolder({ 'jwks.json': text }), 'jwks.json');
const open = (keyFile: string, options: Partial<JwtOptions> = {}): Promise<JwtVerifier> =>
  JwtVerifier.open({ keyFile, audience: 'mis', pipelinesClaim: 'pipelines', ...options });
const now = (): number => Math.floor(Date.now() / 1000);
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('JSON Web Tokens', () => {
  let issuer: TokenIssuer;
  let verifier: JwtVerifier;

  beforeAll(async () => {
    issuer = await tokenIssuer();
    verifier = await open(fileOf(keySet(issuer.publicKey)), { issuer: 'https://issuer.example' });
  });
  const sign = (claims: Record<string, unknown> = {}): Promise<string> =>
    issuer.sign({ iss: 'https://issuer.example', ...claims });
  const refusal = async (token: string): Promise<string> =>
    verifier.callerOf(token).then(
      () => 'taken',
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    );

  it('say who calls, for how long, and which pipelines are allowed', async () => {
    const exp = now() + 60;
    expect(await verifier.callerOf(await sign({ exp }))).toEqual({
      name: 'device-7',
      pipelines: ['fall-detection'],
      expiresMs: (exp + 10) * 1000,
    });
  });

  it.each([
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    ['a b', ['a', 'b']],
    ['*', ['*']],
    [['a', 7, 'No!'], ['a']],
    [undefined, []],
    [{ a: true }, []],
  ])('allow with the claim %j the pipelines %j', async (pipelines, expected) => {
    expect((await verifier.callerOf(await sign({ pipelines }))).pipelines).toEqual(expected);
  });

  it.each([
    ['expired', { exp: () => now() - 60 }, 'the token has expired'],
    ['without an end', { exp: () => undefined }, "the token's claim 'exp' is missing"],
    ['not valid yet', { nbf: () => now() + 60 }, "the token's claim 'nbf' is not what this server asks for"],
    [
      'for another service',
      { aud: () => 'other' },
      "the token's claim 'aud' is not what this server asks for",
    ],
    ['for no service', { aud: () => undefined }, "the token's claim 'aud' is missing"],
    ['of another issuer', { iss: () => 'https://evil.example' }, "the token's claim 'iss' is not what"],
  ])('are refused when %s', async (_, claims, message) => {
    const makers = Object.entries<() => unknown>(claims);
    const made = Object.fromEntries(makers.map(([name, make]) => [name, make()]));
    expect(await refusal(await sign(made))).toContain(`UNAUTHENTICATED: ${message}`);
  });

  it('forgive clocks that differ by some seconds', async () => {
    expect(await refusal(await sign({ exp: now() - 3, nbf: now() + 3 }))).toBe('taken');
  });

  it('are refused with another algorithm than those of public keys', async () => {
    const [, payload] = (await sign()).split('.');
    const none = `${base64({ alg: 'none' })}.${payload}.`;
    expect(await refusal(none)).toContain("UNAUTHENTICATED: the token's algorithm is none of ES256");
    // The public key, which everybody may have, as if it were a secret that both sides share.
    const pem = createPublicKey({ key: issuer.publicKey as never, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    });
    const signed = `${base64({ alg: 'HS256', kid: 'key-1' })}.${payload}`;
    const forged = `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
    expect(await refusal(forged)).toContain("UNAUTHENTICATED: the token's algorithm is none of ES256");
  });

  it('are refused when somebody else has signed them, or has changed them', async () => {
    const other = await tokenIssuer('key-2');
    const impostor = await tokenIssuer('key-1');
    expect(await refusal(await other.sign())).toContain('signed with a key that is not known');
    expect(await refusal(await impostor.sign())).toContain("the token's signature is wrong");
    const [head, , signature] = (await sign()).split('.');
    expect(await refusal(`${head}.${base64({ sub: 'root', aud: 'mis' })}.${signature}`)).toContain(
      "the token's signature is wrong",
    );
    expect(await refusal('a.b.c')).toContain('the token is no JSON Web Token');
    expect(await refusal('plain')).toContain('the token is no JSON Web Token');
  });

  it.each(['RS256', 'PS384', 'EdDSA', 'ES512'])(
    'may be signed by %s, with a key that does not say so',
    async (algorithm) => {
      const another = await tokenIssuer('k', algorithm);
      const { alg: _, ...unsaid } = another.publicKey;
      const taken = await (await open(fileOf(keySet(unsaid)))).callerOf(await another.sign());
      expect(taken.name).toBe('device-7');
    },
  );

  it('follow the key set: a new key is taken, one that is gone is not', async () => {
    const next = await tokenIssuer('key-2');
    const file = fileOf(keySet(issuer.publicKey));
    const following = await open(file);
    writeFileSync(file, keySet(next.publicKey));
    await following.reload();
    expect((await following.callerOf(await next.sign())).name).toBe('device-7');
    await expect(following.callerOf(await issuer.sign())).rejects.toThrow('a key that is not known');
    writeFileSync(file, '{');
    await expect(following.reload()).rejects.toThrow('is no set of public keys (JWKS)');
    expect((await following.callerOf(await next.sign())).name).toBe('device-7');
  });

  it('are not verified with a key set that has secrets, or nothing', async () => {
    const secret: JWK = { kty: 'oct', k: 'c2VjcmV0' };
    await expect(open(fileOf(keySet(issuer.privateKey)))).rejects.toThrow('keys[0] is a private key');
    await expect(open(fileOf(keySet(issuer.publicKey, secret)))).rejects.toThrow(
      'keys[1] is a shared secret',
    );
    await expect(open(fileOf(keySet()))).rejects.toThrow('has no key');
    await expect(open(fileOf('[]'))).rejects.toThrow('is no set of public keys');
    await expect(open(fileOf(keySet({ kty: 'EC', crv: 'P-256' })))).rejects.toThrow('keys[0]: ');
    await expect(open('absent.json')).rejects.toThrow('ENOENT');
  });
});
