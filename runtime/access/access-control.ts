import { TokenFile } from '../../contracts/program/token-file';
import { InferenceError } from '../errors';
import { messageOf, ConfigurationError } from '../../contracts/program/problem';
import { PIPELINE_RIGHTS, type Caller } from './caller';
import { type ReloadedCredential } from './credential-reloader';
import { JwtVerifier, type JwtOptions } from './jwt-verifier';
import { type TokenLease } from './token-lease';

export interface AccessOptions {
  /** File of tokens that are known. */
  readonly tokenFile?: string;
  /** How tokens of another issuer are verified. */
  readonly jwt?: JwtOptions;
  /** Whether the health service asks for a token, too. */
  readonly guardHealth: boolean;
  /** Whether a stream that is open ends when its token expires or is withdrawn. */
  readonly endStreams: boolean;
}

/** Longer tokens are refused unread: a block of headers usually has at most 16 KiB. */
const LONGEST_TOKEN = 16_384;

/** Three parts in base64url with dots between them. */
const JWT_FORM = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Says who calls, by the bearer token of the call's metadata: one of the file, or a JSON Web Token. */
export class AccessControl {
  /** Streams that end with their tokens. */
  private readonly leases = new Set<TokenLease>();

  private constructor(
    readonly options: AccessOptions,
    private readonly tokens: TokenFile<readonly string[]> | undefined,
    private readonly jwt: JwtVerifier | undefined,
  ) {}

  /** @throws ConfigurationError naming the option whose file is wrong. */
  static async open(options: AccessOptions): Promise<AccessControl> {
    const { tokenFile, jwt } = options;
    const tokens =
      tokenFile === undefined
        ? undefined
        : await attempt('--tokens', () => new TokenFile(tokenFile, PIPELINE_RIGHTS));
    const verifier = jwt && (await attempt('--jwks', () => JwtVerifier.open(jwt)));
    return new AccessControl(options, tokens, verifier);
  }

  /**
   * Who calls. A promise only where a signature has to be verified.
   * @throws InferenceError UNAUTHENTICATED, as a rejection for a promise.
   */
  authenticate(authorization: string | undefined): Caller | Promise<Caller> {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined || token.length > LONGEST_TOKEN) {
      throw unauthenticated(
        authorization === undefined
          ? 'a token is needed: send it as metadata authorization: Bearer <token>'
          : 'the metadata authorization must be: Bearer <token>',
      );
    }
    const known = this.tokens?.holderOf(token);
    if (known !== undefined) return { name: known.name, pipelines: known.rights };
    if (this.jwt === undefined || (this.tokens !== undefined && !JWT_FORM.test(token))) {
      throw unauthenticated('the token is not known');
    }
    return this.jwt.callerOf(token);
  }

  /** Checks this stream's token again whenever the tokens change, until `release`. */
  hold(lease: TokenLease): void {
    this.leases.add(lease);
  }

  release(lease: TokenLease): void {
    this.leases.delete(lease);
  }

  /** The files, each with what to do when it has changed. */
  get reloaded(): ReloadedCredential[] {
    const { tokens, jwt } = this;
    return [
      ...(tokens ? [this.reloading('tokens', tokens.file, () => tokens.reload())] : []),
      ...(jwt ? [this.reloading('jwks', jwt.file, () => jwt.reload())] : []),
    ];
  }

  private reloading(
    name: 'tokens' | 'jwks',
    file: string,
    reload: () => void | Promise<void>,
  ): ReloadedCredential {
    return {
      name,
      files: [file],
      reload: async () => {
        await reload();
        for (const lease of [...this.leases]) await lease.check();
      },
    };
  }
}

export function unauthenticated(message: string): InferenceError {
  return new InferenceError('UNAUTHENTICATED', message);
}

async function attempt<T>(path: string, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw new ConfigurationError('', [{ path, message: messageOf(error) }]);
  }
}
