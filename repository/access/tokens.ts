import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf, StartError } from '../errors';

/** What a token allows. `write` includes `read`. */
export const SCOPES = ['read', 'write'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who a token belongs to. */
export interface TokenHolder {
  readonly name: string;
  readonly scope: Scope;
}

interface TokenEntry extends TokenHolder {
  readonly hash: Buffer;
}

const LINE = /^(?<name>[A-Za-z0-9._@-]{1,64})\s+(?<scope>\w+)\s+sha256:(?<hash>[0-9a-f]{64})$/;

/**
 * The bearer tokens that the service knows, read from a file with a line for each: name, scope, and the SHA-256 of the
 * token (`ci write sha256:…`). Empty lines and lines that begin with # are passed over.
 */
export class Tokens {
  private entries: readonly TokenEntry[];

  private constructor(private readonly file: string) {
    this.entries = readTokens(file);
  }

  /** @throws StartError naming the line that is wrong. */
  static open(file: string): Tokens {
    return new Tokens(file);
  }

  /** Reads the file again; when it is wrong the tokens stay as they were. */
  reload(): void {
    this.entries = readTokens(this.file);
  }

  /** Takes the same time whichever token it is, and whether there is one. */
  holderOf(token: string): TokenHolder | undefined {
    const hash = createHash('sha256').update(token).digest();
    let found: TokenHolder | undefined;
    for (const entry of this.entries) {
      if (timingSafeEqual(entry.hash, hash)) found = entry;
    }
    return found;
  }
}

/** A new token, and its line for the file. */
export function createToken(name: string, scope: Scope): { token: string; line: string } {
  const token = `mis_${randomBytes(32).toString('base64url')}`;
  return { token, line: `${name} ${scope} sha256:${createHash('sha256').update(token).digest('hex')}` };
}

function readTokens(file: string): TokenEntry[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartError(`cannot read the tokens: ${messageOf(error)}`);
  }
  const entries = text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    return trimmed === '' || trimmed.startsWith('#') ? [] : [readLine(trimmed, `${file}:${index + 1}`)];
  });
  if (entries.length === 0) throw new StartError(`${file} has no token`);
  return entries;
}

function readLine(line: string, where: string): TokenEntry {
  const { name = '', scope = '', hash = '' } = LINE.exec(line)?.groups ?? {};
  if (name === '' || !isScope(scope)) {
    throw new StartError(
      `${where}: a line is a name, a scope (${SCOPES.join(' or ')}) and sha256: with 64 hexadecimal digits`,
    );
  }
  return { name, scope, hash: Buffer.from(hash, 'hex') };
}

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}
