import { messageOf } from '../../contracts/program/problem';
import { TokenFile, type TokenRights } from '../../contracts/program/token-file';
import { UsageError } from '../../contracts/program/usage-error';
import { codeOf } from '../errors';

/** What a token allows. `write` includes `read`. */
export const SCOPES = ['read', 'write'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a line in the file of `--tokens` allows: a scope. */
export const SCOPE_RIGHTS: TokenRights<Scope> = {
  description: `a scope (${SCOPES.join(' or ')})`,
  parse: (word) => SCOPES.find((scope) => scope === word),
};

/** @throws UsageError naming the line that is wrong. */
export function openTokens(file: string): TokenFile<Scope> {
  try {
    return new TokenFile(file, SCOPE_RIGHTS);
  } catch (error) {
    const message = messageOf(error);
    throw new UsageError(codeOf(error) === undefined ? message : `cannot read the tokens: ${message}`);
  }
}
