import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, realpathSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Readable } from 'node:stream';

/** Hashed at once on the main thread, which takes a fraction of a millisecond. */
const CHUNK_BYTES = 256 * 1024;

/** Digests of files that have not changed since they were hashed, by path: a large model takes seconds. */
const known = new Map<string, { readonly signature: string; readonly sha256: string }>();

/** SHA-256 of a file, in hexadecimal. @throws an error of the file system. */
export async function sha256OfFile(path: string): Promise<string> {
  const before = await signatureOf(path);
  const earlier = known.get(path);
  if (earlier?.signature === before) return earlier.sha256;
  const sha256 = await sha256OfStream(createReadStream(path, { highWaterMark: CHUNK_BYTES }));
  // Of a file that was written to meanwhile, the digest is not kept.
  if ((await signatureOf(path)) === before) known.set(path, { signature: before, sha256 });
  else known.delete(path);
  return sha256;
}

export async function sha256OfStream(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(stream, hash);
  return hash.digest('hex');
}

/**
 * `sha256:…` over the names and digests of all files below a folder, but for hidden ones: of the lines
 * `sha256:<digest> <path>`, ordered by name folder by folder.
 */
export async function digestOfFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const path of filesBelow(folder))
    hash.update(`sha256:${await sha256OfFile(join(folder, path))} ${path}\n`);
  return `sha256:${hash.digest('hex')}`;
}

/** `sha256:…` of a model: its file's own where that is all, else over the names and digests of its external data, too. */
export async function digestOfModel(file: string, externalData: readonly string[] = []): Promise<string> {
  const own = `sha256:${await sha256OfFile(file)}`;
  if (externalData.length === 0) return own;
  const hash = createHash('sha256').update(`${own} \n`);
  for (const name of externalData)
    hash.update(`sha256:${await sha256OfFile(join(dirname(file), name))} ${name}\n`);
  return `sha256:${hash.digest('hex')}`;
}

/** Paths of all files below a folder, but for hidden ones. Links are followed, those to a folder above but once. */
export function filesBelow(folder: string, path = '', above: readonly string[] = []): string[] {
  const real = realpathSync(join(folder, path));
  if (above.includes(real)) return [];
  return readdirSync(real)
    .filter((name) => !name.startsWith('.'))
    .sort()
    .flatMap((name) => {
      const inner = join(path, name);
      const found = statSync(join(folder, inner), { throwIfNoEntry: false });
      return found?.isDirectory() ? filesBelow(folder, inner, [...above, real]) : [inner];
    });
}

async function signatureOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
