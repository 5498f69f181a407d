import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { messageOf } from '../program/problem';
import { ComponentError } from './component-error';

/** What a package may unpack to. */
export interface ZipLimits {
  readonly maxEntries: number;
  /** Bytes of all entries together, unpacked. */
  readonly maxUnpackedBytes: number;
  /** Unpacked bytes for each packed one; small archives are not judged by it. */
  readonly maxRatio: number;
}

/** Limits of a component's package beside the bytes that it unpacks to. */
export const PACKAGE_LIMITS = { maxEntries: 10_000, maxRatio: 200 } as const;

/** Makes the error that says why a package is not taken, e.g. "is no complete zip: …". */
export type ToRefusal = (reason: string) => Error;

function componentRefusal(reason: string): Error {
  return new ComponentError(`the package ${reason}`);
}

/** Below this many unpacked bytes, no ratio is a bomb. */
const RATIO_FREE_BYTES = 16 * 1024 * 1024;
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;

/**
 * A zip whose directory was read and found harmless: names that stay inside, no links, no devices, nothing encrypted,
 * within the limits. Opened once, closed by its owner.
 */
export class ZipArchive {
  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
    private readonly toRefusal: ToRefusal,
  ) {}

  /** @throws the refusal that `toRefusal` makes (a ComponentError) with what is wrong with it; so do the other methods. */
  static async open(
    path: string,
    limits: ZipLimits,
    toRefusal: ToRefusal = componentRefusal,
  ): Promise<ZipArchive> {
    const zip = await openPromise(path, { autoClose: false, strictFileNames: true }).catch(
      (error: unknown) => {
        throw toRefusal(`is no complete zip: ${messageOf(error)}`);
      },
    );
    try {
      return new ZipArchive(zip, await readDirectory(zip, limits), toRefusal);
    } catch (error) {
      zip.close();
      throw error instanceof Unfit
        ? toRefusal(error.message)
        : toRefusal(`is a damaged zip: ${messageOf(error)}`);
    }
  }

  get names(): string[] {
    return [...this.entries.keys()];
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** Bytes of an entry, unpacked, as its directory says (and as unpacking it makes sure). */
  sizeOf(name: string): number {
    return this.entries.get(name)?.uncompressedSize ?? 0;
  }

  /** Refuses an entry that is absent, damaged or larger than `maxBytes`. */
  async readText(name: string, maxBytes: number): Promise<string> {
    if (this.sizeOf(name) > maxBytes) throw this.toRefusal(`has a ${name} of more than ${maxBytes} bytes`);
    const chunks: Buffer[] = [];
    for await (const chunk of await this.stream(name)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  }

  /** Unpacks every entry to nowhere, to see that none is damaged. */
  async verify(): Promise<void> {
    const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
    for (const name of this.names) await pipeline(await this.stream(name), nowhere());
  }

  /** Unpacks one entry below a directory. */
  async extract(name: string, directory: string): Promise<string> {
    const target = join(directory, name);
    await mkdir(dirname(target), { recursive: true });
    await pipeline(await this.stream(name), createWriteStream(target, { flags: 'wx' }));
    return target;
  }

  /** The unpacked bytes of an entry; the stream fails when it is damaged. */
  async stream(name: string): Promise<Readable> {
    const entry = this.entries.get(name);
    if (!entry) throw this.toRefusal(`has no ${name}`);
    const damaged = (error: unknown) => this.toRefusal(`has a damaged ${name}: ${messageOf(error)}`);
    const unpacked = await this.zip.openReadStreamPromise(entry).catch((error: unknown) => {
      throw damaged(error);
    });
    return Readable.from(checkSum(unpacked, entry.crc32, damaged), { objectMode: false });
  }

  close(): void {
    this.zip.close();
  }
}

/** The bytes as they come; at their end their checksum must be right. */
async function* checkSum(
  source: Readable,
  expected: number,
  damaged: (error: unknown) => Error,
): AsyncGenerator<Buffer> {
  let sum = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    throw damaged(error);
  }
  if (sum !== expected >>> 0) throw damaged(new Error('its checksum is wrong'));
}

/** Why the directory of an archive is not taken. */
class Unfit extends Error {}

function unfit(reason: string): never {
  throw new Unfit(reason);
}

async function readDirectory(zip: ZipFile, limits: ZipLimits): Promise<Map<string, Entry>> {
  if (zip.entryCount > limits.maxEntries) {
    return unfit(`has ${zip.entryCount} entries, ${limits.maxEntries} are allowed`);
  }
  const entries = new Map<string, Entry>();
  const files = new Set<string>();
  const folders = new Set<string>();
  let packed = 0;
  let unpacked = 0;
  for await (const entry of zip.eachEntry()) {
    requirePlainEntry(entry);
    const { fileName } = entry;
    const parts = toParts(fileName);
    for (let depth = 1; depth < parts.length; depth += 1) folders.add(parts.slice(0, depth).join('/'));
    const path = parts.join('/');
    if (fileName.endsWith('/')) {
      folders.add(path);
      continue;
    }
    if (files.has(path)) return unfit(`has two entries named ${path}`);
    files.add(path);
    entries.set(fileName, entry);
    packed += entry.compressedSize;
    unpacked += entry.uncompressedSize;
  }
  const both = [...files].find((path) => folders.has(path));
  if (both !== undefined) return unfit(`has ${both} as a file and as a folder`);
  if (unpacked > limits.maxUnpackedBytes) {
    return unfit(`unpacks to ${unpacked} bytes, ${limits.maxUnpackedBytes} are allowed`);
  }
  // entries that lie over each other would unpack to more than the file could hold
  if (packed > zip.fileSize) return unfit('has entries that lie over each other');
  if (unpacked > RATIO_FREE_BYTES && unpacked > packed * limits.maxRatio) {
    return unfit(
      `unpacks to ${Math.round(unpacked / Math.max(1, packed))} times its size, ${limits.maxRatio} times are allowed`,
    );
  }
  return entries;
}

/** Most bytes of a name, and of a part of it: limits of file systems. */
const MAX_NAME_BYTES = 1024;
const MAX_PART_BYTES = 255;

/** Parts of a name, of which `a/./b` and `a//b` have the same ones as `a/b`. */
function toParts(name: string): string[] {
  // Control characters are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(name))
    unfit(`has ${JSON.stringify(name)}, a name with control characters`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (
    Buffer.byteLength(name) > MAX_NAME_BYTES ||
    parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES)
  ) {
    unfit(`has a name of more than ${MAX_NAME_BYTES} bytes, or ${MAX_PART_BYTES} between two slashes`);
  }
  return parts;
}

function requirePlainEntry(entry: Entry): void {
  const mode = entry.externalFileAttributes >>> 16;
  const type = mode & TYPE_MASK;
  if (type !== 0 && type !== REGULAR && type !== DIRECTORY) {
    unfit(`has ${entry.fileName}, which is a link or a device: only files and folders are allowed`);
  }
  if (entry.isEncrypted()) unfit(`has ${entry.fileName}, which is encrypted`);
}
