import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isRight, type Caller } from './caller';

interface TokenEntry {
  readonly caller: Caller;
  readonly hash: Buffer;
}

const LINE =
  /^(?<name>[A-Za-z0-9._@-]{1,64})\s+(?<rights>\S+)\s+(?:sha256:(?<hash>[0-9a-f]{64})|plain:(?<plain>[\x21-\x7e]{16,1024}))$/;

const WHAT_A_LINE_IS =
  'a line is a name, the pipelines (names with commas between them, or *), and sha256: with 64 hexadecimal digits or plain: with a token of 16 to 1024 characters';

/**
 * The bearer tokens of a file with a line for each: name, pipelines, and the SHA-256 of the token or the token itself
 * (`camera-1 fall-detection sha256:…`, `ci * plain:…`). Empty lines and lines that begin with # are passed over.
 */
export class TokenFile {
  private entries: readonly TokenEntry[];

  /** @throws Error naming the line that is wrong. */
  constructor(readonly file: string) {
    this.entries = readEntries(file);
  }

  /** Reads the file again; when it is wrong the tokens stay as they were. @throws Error naming the line. */
  reload(): void {
    this.entries = readEntries(this.file);
  }

  /** Takes the same time whichever token it is, and whether there is one. */
  callerOf(token: string): Caller | undefined {
    const hash = sha256(token);
    let found: Caller | undefined;
    for (const entry of this.entries) {
      if (timingSafeEqual(entry.hash, hash)) found = entry.caller;
    }
    return found;
  }
}

/** A new token, and its line for the file. */
export function createToken(name: string, pipelines: readonly string[]): { token: string; line: string } {
  const token = `mis_${randomBytes(32).toString('base64url')}`;
  const line = `${name} ${pipelines.join(',')} sha256:${sha256(token).toString('hex')}`;
  readLine(line, 'the new token');
  return { token, line };
}

function sha256(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function readEntries(file: string): TokenEntry[] {
  const entries: TokenEntry[] = [];
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const entry = readLine(trimmed, `${file}:${index + 1}`);
    const other = entries.find(({ hash }) => hash.equals(entry.hash));
    if (other !== undefined)
      throw new Error(`${file}:${index + 1}: has the token of '${other.caller.name}' again`);
    entries.push(entry);
  }
  if (entries.length === 0) throw new Error(`${file} has no token`);
  return entries;
}

function readLine(line: string, where: string): TokenEntry {
  const { name, rights = '', hash, plain } = LINE.exec(line)?.groups ?? {};
  const pipelines = rights.split(',');
  // The line itself stays unsaid: it may hold a token.
  if (name === undefined || !pipelines.every(isRight)) throw new Error(`${where}: ${WHAT_A_LINE_IS}`);
  return {
    caller: { name, pipelines },
    hash: plain === undefined ? Buffer.from(hash ?? '', 'hex') : sha256(plain),
  };
}
