import { createHash, randomUUID, type Hash } from 'node:crypto';
import { mkdir, open, rm, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf, RepositoryError } from '../errors';

/** Bytes that one upload gathers for one write, and holds beside them while the disk is busy. */
const BATCH_BYTES = 512 * 1024;
/** Bytes after which what was written is brought to the disk, where it is to stay there. */
const FLUSH_BYTES = 16 * 1024 * 1024;
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
  private constructor(
    readonly directory: string,
    private readonly flushEarly: boolean,
  ) {}

  /** `flushEarly`: what is received is going to stay on this disk, so it is brought there while the rest arrives. */
  static async open(directory: string, { flushEarly = false } = {}): Promise<Spool> {
    await mkdir(directory, { recursive: true });
    return new Spool(directory, flushEarly);
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
    const file = await open(path, 'wx', 0o600).catch(refuseFull);
    const sink = new HashingFile(file, this.flushEarly ? FLUSH_BYTES : Infinity);
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
  private batch: Buffer[] = [];
  private batchBytes = 0;
  size = 0;
  sha256 = '';

  private flushing: Promise<void> | undefined;
  private flushedSize = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly flushBytes: number,
  ) {
    super({ highWaterMark: BATCH_BYTES });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.batch.push(chunk);
    this.batchBytes += chunk.length;
    if (this.batchBytes < BATCH_BYTES) done();
    else this.writeBatch().then(() => done(), done);
  }

  private async writeBatch(): Promise<void> {
    const buffers = this.batch;
    const length = this.batchBytes;
    this.batch = [];
    this.batchBytes = 0;
    // the write is under way in its own thread while the digest is computed here
    const written = this.file.writev(buffers);
    for (const buffer of buffers) this.hash.update(buffer);
    const { bytesWritten } = await written;
    // a disk that is nearly full takes a part first and refuses the rest
    if (bytesWritten < length) await this.file.write(Buffer.concat(buffers).subarray(bytesWritten));
    this.size += length;
    this.flush();
  }

  /** Nobody waits for it: publishing makes sure of all of it, and then has less to wait for. */
  private flush(): void {
    if (this.flushing || this.size - this.flushedSize < this.flushBytes) return;
    this.flushedSize = this.size;
    this.flushing = this.file
      .datasync()
      .catch(() => undefined)
      .finally(() => (this.flushing = undefined));
  }

  override _final(done: (error?: Error | null) => void): void {
    this.writeBatch().then(() => {
      this.sha256 = this.hash.digest('hex');
      done();
    }, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void Promise.resolve(this.flushing)
      .then(() => this.file.close())
      .then(() => done(error), done);
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
