import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { messageOf, RepositoryError } from '../errors';

/** What a package may unpack to. */
export interface ZipLimits {
  readonly maxEntries: number;
  /** Bytes of all entries together, unpacked. */
  readonly maxUnpackedBytes: number;
  /** Unpacked bytes for each packed one; small archives are not judged by it. */
  readonly maxRatio: number;
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
  ) {}

  /** @throws PACKAGE_REFUSED with what is wrong with it. */
  static async open(path: string, limits: ZipLimits): Promise<ZipArchive> {
    const zip = await openPromise(path, { autoClose: false, strictFileNames: true }).catch((error: unknown) =>
      refuse(`is no complete zip: ${messageOf(error)}`),
    );
    try {
      return new ZipArchive(zip, await readDirectory(zip, limits));
    } catch (error) {
      zip.close();
      if (error instanceof RepositoryError) throw error;
      return refuse(`is a damaged zip: ${messageOf(error)}`);
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

  /** @throws PACKAGE_REFUSED when it is absent, damaged or larger than `maxBytes`. */
  async readText(name: string, maxBytes: number): Promise<string> {
    if (this.sizeOf(name) > maxBytes) return refuse(`has a ${name} of more than ${maxBytes} bytes`);
    const chunks: Buffer[] = [];
    for await (const chunk of await this.stream(name)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  }

  /** Unpacks one entry below a directory. */
  async extract(name: string, directory: string): Promise<string> {
    const target = join(directory, name);
    await mkdir(dirname(target), { recursive: true });
    await pipeline(await this.stream(name), createWriteStream(target, { flags: 'wx' }));
    return target;
  }

  /** The unpacked bytes of an entry. @throws PACKAGE_REFUSED when it is absent; the stream fails when it is damaged. */
  stream(name: string) {
    const entry = this.entries.get(name);
    if (!entry) return refuse(`has no ${name}`);
    return this.zip
      .openReadStreamPromise(entry)
      .catch((error: unknown) => refuse(`has a damaged ${name}: ${messageOf(error)}`));
  }

  close(): void {
    this.zip.close();
  }
}

async function readDirectory(zip: ZipFile, limits: ZipLimits): Promise<Map<string, Entry>> {
  if (zip.entryCount > limits.maxEntries) {
    return refuse(`has ${zip.entryCount} entries, ${limits.maxEntries} are allowed`);
  }
  const entries = new Map<string, Entry>();
  let packed = 0;
  let unpacked = 0;
  for await (const entry of zip.eachEntry()) {
    requirePlainEntry(entry);
    if (entry.fileName.endsWith('/')) continue;
    if (entries.has(entry.fileName)) return refuse(`has two entries named ${entry.fileName}`);
    entries.set(entry.fileName, entry);
    packed += entry.compressedSize;
    unpacked += entry.uncompressedSize;
  }
  if (unpacked > limits.maxUnpackedBytes) {
    return refuse(`unpacks to ${unpacked} bytes, ${limits.maxUnpackedBytes} are allowed`);
  }
  // entries that lie over each other would unpack to more than the file could hold
  if (packed > zip.fileSize) return refuse('has entries that lie over each other');
  if (unpacked > RATIO_FREE_BYTES && unpacked > packed * limits.maxRatio) {
    return refuse(
      `unpacks to ${Math.round(unpacked / Math.max(1, packed))} times its size, ${limits.maxRatio} times are allowed`,
    );
  }
  return entries;
}

function requirePlainEntry(entry: Entry): void {
  const mode = entry.externalFileAttributes >>> 16;
  const type = mode & TYPE_MASK;
  if (type !== 0 && type !== REGULAR && type !== DIRECTORY) {
    refuse(`has ${entry.fileName}, which is a link or a device: only files and folders are allowed`);
  }
  if (entry.isEncrypted()) refuse(`has ${entry.fileName}, which is encrypted`);
}

/** @throws PACKAGE_REFUSED */
export function refuse(reason: string): never {
  throw new RepositoryError('PACKAGE_REFUSED', `the package ${reason}`);
}
