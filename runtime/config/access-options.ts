import { oneOf, type ReadOption } from './read-option';

/** Who may call the gRPC services: options of `mis serve` as a person writes them. */
export interface AccessOptions {
  /** File of the bearer tokens that are known. */
  readonly tokens?: string;
  /** File of the public keys (JWKS) that JSON Web Tokens are verified with. */
  readonly jwks?: string;
  /** What a token's `iss` must be. */
  readonly jwtIssuer?: string;
  /** What a token's `aud` must name. */
  readonly jwtAudience?: string;
  /** The claim that names the pipelines a token allows. */
  readonly jwtClaim?: string;
  /** `keep`: a stream that is open goes on when its token expires or is withdrawn; `end`: it ends. */
  readonly tokenExpiry?: string;
  /** `open`: the health service answers everybody; `token`: it asks for one. */
  readonly healthAccess?: string;
}

export interface CompiledAccessOptions {
  readonly tokenFile?: string;
  readonly jwt?: {
    readonly keyFile: string;
    readonly audience: string;
    readonly issuer?: string;
    readonly pipelinesClaim: string;
  };
  readonly guardHealth: boolean;
  readonly endStreams: boolean;
}

export const DEFAULT_ACCESS_OPTIONS = {
  jwtClaim: 'pipelines',
  tokenExpiry: 'keep',
  healthAccess: 'open',
} as const;

/** Whoever calls needs a token when there is a file of tokens or of keys; `undefined`: everybody may call. */
export function compileAccessOptions(
  options: AccessOptions,
  read: ReadOption,
): CompiledAccessOptions | undefined {
  const { jwtClaim, tokenExpiry, healthAccess } = DEFAULT_ACCESS_OPTIONS;
  const endStreams =
    read('--token-expiry', () => oneOf(options.tokenExpiry ?? tokenExpiry, ['keep', 'end'] as const)) ===
    'end';
  const guardHealth =
    read('--health-access', () => oneOf(options.healthAccess ?? healthAccess, ['open', 'token'] as const)) ===
    'token';
  const jwt = read('--jwks', () => toJwt(options, options.jwtClaim ?? jwtClaim));
  if (options.tokens === undefined && jwt === undefined) {
    read('--tokens, --jwks', () => {
      const needless = guardHealth ? '--health-access token' : endStreams ? '--token-expiry end' : undefined;
      if (needless !== undefined) throw new RangeError(`one is needed with ${needless}, got neither`);
    });
    return undefined;
  }
  return {
    ...(options.tokens !== undefined && { tokenFile: options.tokens }),
    ...(jwt && { jwt }),
    guardHealth,
    endStreams,
  };
}

function toJwt(
  { jwks, jwtIssuer, jwtAudience, jwtClaim }: AccessOptions,
  pipelinesClaim: string,
): CompiledAccessOptions['jwt'] {
  if (jwks === undefined) {
    const given = Object.entries({ issuer: jwtIssuer, audience: jwtAudience, claim: jwtClaim }).find(
      ([name, value]) =>
        value !== undefined && !(name === 'claim' && value === DEFAULT_ACCESS_OPTIONS.jwtClaim),
    );
    if (given !== undefined) throw new RangeError(`is needed with --jwt-${given[0]}, got none`);
    return undefined;
  }
  if (jwtAudience === undefined || jwtAudience === '') {
    throw new RangeError(
      'needs --jwt-audience, the name of this service in the tokens: without it a token that was issued for another service would do',
    );
  }
  return {
    keyFile: jwks,
    audience: jwtAudience,
    ...(jwtIssuer !== undefined && { issuer: jwtIssuer }),
    pipelinesClaim,
  };
}
