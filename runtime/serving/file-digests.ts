import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, realpathSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline as pump } from 'node:stream/promises';

/** Hashed without a break on the main thread, in a fraction of a millisecond. */
const CHUNK_BYTES = 256 * 1024;

/** Digests by path, with what the file looked like: hashing a large model takes seconds, and most reloads leave it as it is. */
const known = new Map<string, { readonly looks: string; readonly digest: Promise<string> }>();

/** `sha256:…` of a file. @throws an error of the file system. */
export async function digestOfFile(path: string): Promise<string> {
  const looks = await looksOf(path);
  const before = known.get(path);
  if (before?.looks === looks) return before.digest;
  const entry = { looks, digest: hashFile(path) };
  known.set(path, entry);
  try {
    await entry.digest;
    // A file that was written to meanwhile has no digest that lasts.
    if ((await looksOf(path)) !== looks) forget(path, entry);
  } catch (error) {
    forget(path, entry);
    throw error;
  }
  return entry.digest;
}

/** `sha256:…` of a model: its file's own where that is all, else of the digests of all its files. */
export async function digestOfModel(file: string, externalData: readonly string[] = []): Promise<string> {
  const own = await digestOfFile(file);
  if (externalData.length === 0) return own;
  return digestOfFiles([['', own], ...(await digestEach(dirname(file), externalData))]);
}

/** `sha256:…` of the names and contents of all files below a folder, but for hidden ones. */
export async function digestOfFolder(folder: string): Promise<string> {
  return digestOfFiles(await digestEach(folder, filesBelow(folder, '')));
}

/** `sha256:…` of a text. */
export function digestOfText(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

async function looksOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pump(createReadStream(path, { highWaterMark: CHUNK_BYTES }), hash);
  return `sha256:${hash.digest('hex')}`;
}

function forget(path: string, entry: object): void {
  if (known.get(path) === entry) known.delete(path);
}

async function digestEach(folder: string, names: readonly string[]): Promise<[string, string][]> {
  const digests: [string, string][] = [];
  for (const name of names) digests.push([name, await digestOfFile(join(folder, name))]);
  return digests;
}

function digestOfFiles(files: readonly (readonly [string, string])[]): string {
  return digestOfText(files.map(([name, digest]) => `${digest} ${name}\n`).join(''));
}

function filesBelow(folder: string, path: string, above: readonly string[] = []): string[] {
  const real = realpathSync(join(folder, path));
  // A link to a folder above would be followed for ever.
  if (above.includes(real)) return [];
  return readdirSync(real)
    .filter((name) => !name.startsWith('.'))
    .sort()
    .flatMap((name) => {
      const inner = join(path, name);
      const found = statSync(join(folder, inner), { throwIfNoEntry: false });
      if (found === undefined) return [];
      return found.isDirectory() ? filesBelow(folder, inner, [...above, real]) : [inner];
    });
}
