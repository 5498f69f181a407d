import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { codeOf, RepositoryError } from '../../errors';
import { type TransferMemory } from '../../operation/transfer-memory';
import { type ByteRange } from '../component-store';

const READ_CHUNK_BYTES = 256 * 1024;

/**
 * Packages as files that are named by their content: `packages/ab/abcd…` (SHA-256). A file is there whole or not at all,
 * and the same content is there once however many components refer to it.
 */
export class PackageFiles {
  private constructor(
    private readonly directory: string,
    private readonly memory: TransferMemory | undefined,
  ) {}

  static async open(directory: string, memory?: TransferMemory): Promise<PackageFiles> {
    await mkdir(directory, { recursive: true });
    return new PackageFiles(directory, memory);
  }

  private shard(sha256: string): string {
    return join(this.directory, sha256.slice(0, 2));
  }

  private path(sha256: string): string {
    return join(this.shard(sha256), sha256);
  }

  /** Takes over the file at `path`, whose bytes are already on the disk; where the content is known it is dropped. */
  async adopt(path: string, sha256: string, size: number): Promise<void> {
    const kept = await stat(this.path(sha256)).catch(() => undefined);
    if (kept?.size === size) return rm(path, { force: true });
    if ((await mkdir(this.shard(sha256), { recursive: true })) !== undefined) {
      await syncDirectory(this.directory);
    }
    await rename(path, this.path(sha256));
    await syncDirectory(this.shard(sha256));
  }

  async read(sha256: string, range?: ByteRange): Promise<Readable> {
    // opened before the answer begins, so that a file that is gone is an error and not a broken answer; once it is open a
    // replaced package can still be read to its end
    const file = await open(this.path(sha256), 'r').catch((error: unknown) => {
      throw codeOf(error) === 'ENOENT'
        ? new RepositoryError('PACKAGE_ABSENT', 'the package was replaced or deleted a moment ago')
        : error;
    });
    const { start, end } = range ?? { start: 0, end: (await file.stat()).size };
    const stream = Readable.from(this.chunks(file, start, end), {
      objectMode: false,
      highWaterMark: READ_CHUNK_BYTES,
    });
    // also when it is given up before the first byte
    return stream.once('close', () => void file.close());
  }

  /** The next piece is read while the one before is sent. */
  private async *chunks(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
    let next = readChunk(file, start, end);
    for (let position = start; position < end;) {
      const chunk = await next;
      if (chunk.length === 0) throw new Error('the package is shorter than it was');
      position += chunk.length;
      next = readChunk(file, position, end);
      // A reader that gives up does not await it.
      next.catch(() => undefined);
      this.memory?.passed(chunk.length);
      yield chunk;
    }
  }

  remove(sha256: string): Promise<void> {
    return rm(this.path(sha256), { force: true });
  }

  /** Digests of all files; anything else that lies there is no package. */
  async *digests(): AsyncGenerator<string> {
    for (const shard of await readdir(this.directory)) {
      for (const name of await readdir(join(this.directory, shard))) {
        if (/^[0-9a-f]{64}$/.test(name)) yield name;
      }
    }
  }
}

async function readChunk(file: FileHandle, position: number, end: number): Promise<Buffer> {
  const size = Math.min(READ_CHUNK_BYTES, end - position);
  if (size <= 0) return Buffer.alloc(0);
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(size), 0, size, position);
  return buffer.subarray(0, bytesRead);
}

/** Makes renames and new names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
