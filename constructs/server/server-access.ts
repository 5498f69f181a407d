import { NOT_SHOWN, refuse, requireText } from '../private/checks';
import { SecretKey } from '../workload/secret-key';
import { type PodAddition, secretPath, secretVolume } from './pod-addition';

export interface IssuedTokens {
  /** A key of a Secret with the public keys of the issuer, a JSON Web Key Set. */
  readonly keys: SecretKey;
  /** What the tokens' `aud` must name: this service. */
  readonly audience: string;
  /**
   * What their `iss` must be.
   *
   * @default - not checked: the keys are the issuer's
   */
  readonly issuer?: string;
  /**
   * The claim that names the pipelines a token allows.
   *
   * @default 'pipelines'
   */
  readonly claim?: string;
}

export interface ServerAccessOptions {
  /**
   * A key of a Secret with a file of tokens, as `mis token` makes its lines.
   *
   * @default - none
   */
  readonly tokens?: SecretKey;
  /**
   * JSON Web Tokens of another issuer.
   *
   * @default - none
   */
  readonly issued?: IssuedTokens;
  /**
   * Whether a stream that is open ends when its token expires or is withdrawn.
   *
   * @default false
   */
  readonly endStreams?: boolean;
}

/**
 * Restricts a server to callers with a token. Changed Secrets are reloaded without a restart. Health checks need no token.
 * Without TLS between client and server, tokens can be read on the network.
 */
export class ServerAccess {
  /** At least one of `tokens` and `issued` is needed. */
  static byToken(options: ServerAccessOptions): ServerAccess {
    const { tokens, issued } = options;
    const subject = 'ServerAccess.byToken';
    if (tokens === undefined && issued === undefined) {
      refuse(
        subject,
        'tokens',
        tokens,
        "given, or 'issued': e.g. SecretKey.of('inference-tokens', 'tokens')",
      );
    }
    if (tokens !== undefined) requireKey(subject, 'tokens', tokens, 'inference-tokens', 'tokens');
    if (issued !== undefined) {
      requireKey(subject, 'issued.keys', issued.keys, 'issuer', 'jwks.json');
      requireText(subject, 'issued.audience', issued.audience);
    }
    return new ServerAccess(options);
  }

  private constructor(private readonly options: ServerAccessOptions) {}

  /** @internal */
  _toPod(): PodAddition {
    const { tokens, issued, endStreams = false } = this.options;
    return {
      arguments: [
        ...(tokens ? ['--tokens', `${secretPath('tokens')}/tokens`] : []),
        ...(issued ? issuedArguments(issued) : []),
        ...(endStreams ? ['--token-expiry', 'end'] : []),
      ],
      volumes: [
        ...(tokens ? [secretVolume('tokens', tokens.secret, { tokens: tokens.key })] : []),
        ...(issued ? [secretVolume('jwks', issued.keys.secret, { 'jwks.json': issued.keys.key })] : []),
      ],
    };
  }
}

/** A literal token that was passed instead of a reference must not appear in the message. */
function requireKey(subject: string, property: string, value: unknown, secret: string, key: string): void {
  if (value instanceof SecretKey) return;
  const shown = typeof value === 'string' ? NOT_SHOWN : value;
  refuse(subject, property, shown, `a SecretKey, e.g. SecretKey.of('${secret}', '${key}')`);
}

function issuedArguments({ audience, issuer, claim }: IssuedTokens): string[] {
  return [
    ...['--jwks', `${secretPath('jwks')}/jwks.json`, '--jwt-audience', audience],
    ...(issuer === undefined ? [] : ['--jwt-issuer', issuer]),
    ...(claim === undefined ? [] : ['--jwt-claim', claim]),
  ];
}
