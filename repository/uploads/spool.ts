import { createHash, randomUUID, type Hash } from 'node:crypto';
import { mkdir, open, rm, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf, RepositoryError } from '../errors';

/** Bytes that one upload holds in memory while the disk is busy. */
const BUFFER_BYTES = 1024 * 1024;
/** Bytes that an upload must leave free on the disk: room for metadata. */
const RESERVE_BYTES = 32 * 1024 * 1024;

/** A file that arrived whole. */
export interface SpooledFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** The directory in which uploads are received; each file's name is its own, and nobody else sees it. */
export class Spool {
  private constructor(readonly directory: string) {}

  static async open(directory: string): Promise<Spool> {
    await mkdir(directory, { recursive: true });
    return new Spool(directory);
  }

  /** @throws STORE_FULL when a body of that many bytes has no room, before any of it is read. */
  async requireSpace(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.directory);
    if (bavail * bsize < bytes + RESERVE_BYTES) throw full();
  }

  /**
   * Writes a stream to a file of its own. Memory does not grow with it: the source is stopped while the disk is busy.
   * What goes wrong removes the file. @throws STORE_FULL
   */
  async receive(source: Readable): Promise<SpooledFile> {
    const path = join(this.directory, randomUUID());
    const sink = new HashingFile(await open(path, 'wx', 0o600).catch(refuseFull));
    try {
      await pipeline(source, sink);
      return { path, sha256: sink.sha256, size: sink.size };
    } catch (error) {
      await this.discard(path);
      return refuseFull(error);
    }
  }

  /** Removes a file, where it is still there. */
  discard(path: string): Promise<void> {
    return rm(path, { force: true });
  }
}

/** A file that knows its digest when it ends. */
class HashingFile extends Writable {
  private readonly hash: Hash = createHash('sha256');
  size = 0;
  sha256 = '';

  constructor(private readonly file: FileHandle) {
    super({ highWaterMark: BUFFER_BYTES });
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    const buffers = chunks.map(({ chunk }) => chunk);
    // the write is under way in its own thread while the digest is computed here
    const written = this.writeAll(buffers);
    for (const buffer of buffers) {
      this.hash.update(buffer);
      this.size += buffer.length;
    }
    written.then(() => done(), done);
  }

  private async writeAll(buffers: Buffer[]): Promise<void> {
    const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    const { bytesWritten } = await this.file.writev(buffers);
    // a disk that is nearly full takes a part first and refuses the rest
    if (bytesWritten < length) await this.file.write(Buffer.concat(buffers).subarray(bytesWritten));
  }

  override _final(done: (error?: Error | null) => void): void {
    this.sha256 = this.hash.digest('hex');
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.file.close().then(() => done(error), done);
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** @throws STORE_FULL for what a full disk says, everything else as it is. */
export function refuseFull(error: unknown): never {
  if (FULL.has(codeOf(error) ?? '')) throw full(error);
  throw error;
}

function full(cause?: unknown): RepositoryError {
  return new RepositoryError('STORE_FULL', 'the store has no space left for this package', { cause });
}
