import { oneOf, type OptionReader, type OptionTable } from '../../contracts/program/options';

/** Options of `mis serve` about who may call the gRPC services. */
export const ACCESS_OPTIONS = {
  tokens: { flags: '--tokens <file>', description: 'bearer tokens that may call; see mis token' },
  jwks: {
    flags: '--jwks <file>',
    description: 'public keys (JWKS) that verify JSON Web Tokens of an issuer',
  },
  jwtAudience: { flags: '--jwt-audience <name>', description: "what a JSON Web Token's 'aud' must name" },
  jwtIssuer: { flags: '--jwt-issuer <name>', description: "what its 'iss' must be" },
  jwtClaim: {
    flags: '--jwt-claim <name>',
    description: 'its claim that names the allowed pipelines, or *',
    default: 'pipelines',
  },
  tokenExpiry: {
    flags: '--token-expiry <mode>',
    description: 'keep, end: what happens to an open stream whose token expires or is withdrawn',
    default: 'keep',
  },
  healthAccess: {
    flags: '--health-access <mode>',
    description: 'open, token: whether the gRPC health service needs a token',
    default: 'open',
  },
} as const satisfies OptionTable;

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

type Reader = OptionReader<typeof ACCESS_OPTIONS>;

/** A token is required when there is a file of tokens or of keys; `undefined`: everybody may call. */
export function compileAccessOptions(options: Reader): CompiledAccessOptions | undefined {
  const endStreams = options.read('tokenExpiry', (text) => oneOf(text, ['keep', 'end'])) === 'end';
  const guardHealth = options.read('healthAccess', (text) => oneOf(text, ['open', 'token'])) === 'token';
  const jwt = options.read('jwks', () => toJwt(options));
  const tokenFile = options.text('tokens');
  if (tokenFile === undefined && jwt === undefined) {
    options.check('--tokens, --jwks', () => {
      const needless = guardHealth ? '--health-access token' : endStreams ? '--token-expiry end' : undefined;
      if (needless !== undefined) throw new RangeError(`one is needed with ${needless}, got neither`);
    });
    return undefined;
  }
  return { ...(tokenFile !== undefined && { tokenFile }), ...(jwt && { jwt }), guardHealth, endStreams };
}

function toJwt(options: Reader): CompiledAccessOptions['jwt'] {
  const [keyFile, audience, issuer, claim] = (['jwks', 'jwtAudience', 'jwtIssuer', 'jwtClaim'] as const).map(
    (name) => options.text(name),
  );
  const pipelinesClaim = claim ?? ACCESS_OPTIONS.jwtClaim.default;
  if (keyFile === undefined) {
    const isOwnClaim = pipelinesClaim !== ACCESS_OPTIONS.jwtClaim.default;
    const given =
      issuer !== undefined ? 'issuer' : audience !== undefined ? 'audience' : isOwnClaim && 'claim';
    if (given) throw new RangeError(`is needed with --jwt-${given}, got none`);
    return undefined;
  }
  if (audience === undefined || audience === '') {
    throw new RangeError(
      'needs --jwt-audience, the name of this service in the tokens: without it a token that was issued for another service would do',
    );
  }
  return { keyFile, audience, ...(issuer !== undefined && { issuer }), pipelinesClaim };
}
