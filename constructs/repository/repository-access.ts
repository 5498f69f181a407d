import { requireInstance } from '../private/checks';
import { SecretKey } from '../workload/secret-key';

export interface RepositoryAccessOptions {
  /** A key of a Secret with a file of tokens, as `mis-repository token` makes its lines. */
  readonly tokens: SecretKey;
  /**
   * Whether reading needs no token.
   *
   * @default false
   */
  readonly publicRead?: boolean;
  /**
   * A key of a Secret with the token that servers fetch with.
   *
   * @default - none: give it with `publicRead`, or servers are refused
   */
  readonly reader?: SecretKey;
}

/** Restricts a repository to callers with a token. Changed Secrets are reloaded without a restart. */
export class RepositoryAccess {
  static byToken(options: RepositoryAccessOptions): RepositoryAccess {
    const subject = 'RepositoryAccess.byToken';
    requireInstance(subject, 'tokens', options?.tokens, SecretKey, "SecretKey.of('repository', 'tokens')");
    if (options.reader !== undefined)
      requireInstance(subject, 'reader', options.reader, SecretKey, "SecretKey.of('repository', 'reader')");
    return new RepositoryAccess(options.tokens, options.publicRead ?? false, options.reader);
  }

  private constructor(
    /** @internal */
    readonly _tokens: SecretKey,
    /** @internal */
    readonly _publicRead: boolean,
    /** @internal */
    readonly _reader?: SecretKey,
  ) {}
}
