import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What the second word of a line means: what a token allows. */
export interface TokenRights<R> {
  /** For messages: `the pipelines (names with commas between them, or *)`. */
  readonly description: string;
  /** `undefined` for a word that means nothing. */
  parse(word: string): R | undefined;
}

/** Whom a token belongs to, and what it allows. */
export interface TokenHolder<R> {
  readonly name: string;
  readonly rights: R;
}

interface TokenEntry<R> {
  readonly holder: TokenHolder<R>;
  readonly hash: Buffer;
}

const NAME = /^[A-Za-z0-9._@-]{1,64}$/;
const SECRET = /^(?:sha256:(?<hash>[0-9a-f]{64})|plain:(?<plain>[\x21-\x7e]{16,1024}))$/;

/**
 * The bearer tokens of a file with a line for each: name, rights, and the SHA-256 of the token or the token itself
 * (`camera-1 fall-detection sha256:…`, `ci * plain:…`). Empty lines and lines that begin with # are skipped.
 */
export class TokenFile<R> {
  private entries: readonly TokenEntry<R>[];

  /** @throws Error naming the line that is wrong. */
  constructor(
    readonly file: string,
    private readonly rights: TokenRights<R>,
  ) {
    this.entries = readEntries(file, rights);
  }

  /** Reads the file again; when it is wrong the tokens stay as they were. @throws Error naming the line. */
  reload(): void {
    this.entries = readEntries(this.file, this.rights);
  }

  /** Takes the same time whichever token it is, and whether it is known or not. */
  holderOf(token: string): TokenHolder<R> | undefined {
    const hash = sha256(token);
    let found: TokenHolder<R> | undefined;
    for (const entry of this.entries) {
      if (timingSafeEqual(entry.hash, hash)) found = entry.holder;
    }
    return found;
  }
}

/**
 * A new token, and its line for the file.
 * @throws Error for a name or a word of rights that no line can have
 */
export function createToken<R>(
  name: string,
  word: string,
  rights: TokenRights<R>,
): { token: string; line: string } {
  if (!NAME.test(name)) {
    throw new Error(`a name is letters, digits and . _ @ -, at most 64, got '${name}'`);
  }
  const token = `mis_${randomBytes(32).toString('base64url')}`;
  const line = `${name} ${word} sha256:${sha256(token).toString('hex')}`;
  readLine(line, 'the new token', rights);
  return { token, line };
}

function sha256(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function readEntries<R>(file: string, rights: TokenRights<R>): TokenEntry<R>[] {
  const entries: TokenEntry<R>[] = [];
  for (const [index, line] of readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const entry = readLine(trimmed, `${file}:${index + 1}`, rights);
    const other = entries.find(({ hash }) => hash.equals(entry.hash));
    if (other !== undefined)
      throw new Error(`${file}:${index + 1}: has the token of '${other.holder.name}' again`);
    entries.push(entry);
  }
  if (entries.length === 0) throw new Error(`${file} has no token`);
  return entries;
}

function readLine<R>(line: string, where: string, rights: TokenRights<R>): TokenEntry<R> {
  const [name, word = '', secret = '', ...rest] = line.split(/\s+/);
  const { hash, plain } = SECRET.exec(secret)?.groups ?? {};
  const parsed = rights.parse(word);
  if (!NAME.test(name) || parsed === undefined || (hash ?? plain) === undefined || rest.length > 0) {
    // The message leaves the line out: it may hold a token.
    throw new Error(
      `${where}: a line is a name, ${rights.description}, and sha256: with 64 hexadecimal digits or plain: with a token of 16 to 1024 characters`,
    );
  }
  return {
    holder: { name, rights: parsed },
    hash: plain === undefined ? Buffer.from(hash, 'hex') : sha256(plain),
  };
}
