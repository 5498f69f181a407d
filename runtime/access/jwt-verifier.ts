import { readFileSync } from 'node:fs';
import type * as joseModule from 'jose';
import { InferenceError } from '../errors';
import { messageOf } from '../../contracts/program/problem';
import { isRight, type Caller } from './caller';
import { parseJsonText } from '../../contracts/values/json-text';

export interface JwtOptions {
  /** JSON Web Key Set: the public keys of the tokens' issuer. */
  readonly keyFile: string;
  /** One of these must be in the token's `aud`. */
  readonly audience: string;
  /** Required value of the token's `iss`; absent: any, as the keys are the issuer's. */
  readonly issuer?: string;
  /** The claim that names pipelines: a list, or words with spaces between them. */
  readonly pipelinesClaim: string;
}

type Jose = typeof joseModule;
type KeySet = ReturnType<Jose['createLocalJWKSet']>;

/** Asymmetric signatures only, so that a public key is never used as a shared secret. */
const ALGORITHMS = [
  ...['ES256', 'ES384', 'ES512'],
  ...['RS256', 'RS384', 'RS512'],
  ...['PS256', 'PS384', 'PS512'],
  ...['EdDSA', 'Ed25519'],
];
/** How far the clocks of issuer and server may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 10;
/** Longest name of a token that goes into logs and messages. */
const LONGEST_NAME = 64;

/** JSON Web Tokens, verified with the keys of a file. No network access. */
export class JwtVerifier {
  private constructor(
    private readonly options: JwtOptions,
    private readonly jose: Jose,
    private keys: KeySet,
  ) {}

  /** @throws Error naming what is wrong with the key set. */
  static async open(options: JwtOptions): Promise<JwtVerifier> {
    // Loaded only by servers that accept such tokens.
    const jose = await import('jose');
    return new JwtVerifier(options, jose, await readKeys(jose, options.keyFile));
  }

  get file(): string {
    return this.options.keyFile;
  }

  /** Reads the key set again; when it is wrong the keys stay as they were. @throws Error */
  async reload(): Promise<void> {
    this.keys = await readKeys(this.jose, this.options.keyFile);
  }

  /** @throws InferenceError UNAUTHENTICATED that says what is wrong with the token. */
  async callerOf(token: string): Promise<Caller> {
    const { audience, issuer, pipelinesClaim } = this.options;
    try {
      const { payload } = await this.jose.jwtVerify(token, this.keys, {
        algorithms: ALGORITHMS,
        audience,
        issuer,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp'],
      });
      return {
        name: (payload.sub ?? 'unnamed').slice(0, LONGEST_NAME),
        pipelines: toPipelines(payload[pipelinesClaim]),
        expiresMs: ((payload.exp ?? 0) + CLOCK_TOLERANCE_SECONDS) * 1000,
      };
    } catch (error) {
      throw new InferenceError('UNAUTHENTICATED', this.explain(error), { cause: error });
    }
  }

  private explain(error: unknown): string {
    const { errors } = this.jose;
    if (error instanceof errors.JWTExpired) return 'the token has expired';
    if (error instanceof errors.JWTClaimValidationFailed) {
      return `the token's claim '${error.claim}' is ${error.reason === 'missing' ? 'missing' : 'not what this server asks for'}`;
    }
    if (error instanceof errors.JOSEAlgNotAllowed) {
      return `the token's algorithm is none of ${ALGORITHMS.join(', ')}`;
    }
    if (error instanceof errors.JWKSNoMatchingKey) return 'the token is signed with a key that is not known';
    if (error instanceof errors.JWSSignatureVerificationFailed) return "the token's signature is wrong";
    return 'the token is no JSON Web Token';
  }
}

function toPipelines(claim: unknown): string[] {
  const words: unknown[] = typeof claim === 'string' ? claim.split(/\s+/) : Array.isArray(claim) ? claim : [];
  return words.filter((word): word is string => typeof word === 'string' && isRight(word));
}

async function readKeys(jose: Jose, file: string): Promise<KeySet> {
  const text = readFileSync(file, 'utf8');
  try {
    const set = parseJsonText(text) as joseModule.JSONWebKeySet;
    const keys = jose.createLocalJWKSet(set);
    if (set.keys.length === 0) throw new Error('has no key');
    await Promise.all(set.keys.map((key, index) => requirePublicKey(jose, key, `keys[${index}]`)));
    return keys;
  } catch (error) {
    throw new Error(`${file}: is no set of public keys (JWKS): ${messageOf(error)}`, { cause: error });
  }
}

/** Refuses private keys and shared secrets: they do not belong in a set of public keys. */
async function requirePublicKey(jose: Jose, key: joseModule.JWK, where: string): Promise<void> {
  // An issuer's set may contain encryption keys and unknown kinds; they are not used to verify.
  if (key.use === 'enc' || !['oct', 'RSA', 'EC', 'OKP'].includes(key.kty ?? '')) return;
  if (key.kty === 'oct') throw new Error(`${where} is a shared secret; public keys are allowed`);
  if (key.d !== undefined) throw new Error(`${where} is a private key; only its public part belongs here`);
  try {
    await jose.importJWK(key, key.alg ?? defaultAlgorithm(key));
  } catch (error) {
    throw new Error(`${where}: ${messageOf(error)}`, { cause: error });
  }
}

/** An algorithm that fits the key, which is needed to import it; a key set may leave it out. */
function defaultAlgorithm({ kty, crv = '' }: joseModule.JWK): string {
  if (kty === 'EC') return { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }[crv] ?? 'ES256';
  return kty === 'OKP' ? 'EdDSA' : 'RS256';
}
