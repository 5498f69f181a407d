import { type FileHandle } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { type TransferMemory } from '../operation/transfer-memory';
import { type FileDigest, type FileDigests } from './file-digests';

/**
 * Bytes that are collected for the next write while one is under way: of all uploads together, and of each at least.
 * Large writes are fast, but cost memory and delay the other uploads.
 */
const ALL_BATCHES_BYTES = 1024 * 1024;
const LEAST_BATCH_BYTES = 64 * 1024;
/** Bytes after which written data is flushed to the disk (with `flushEarly`). */
const FLUSH_BYTES = 4 * 1024 * 1024;

export interface SpooledWriterOptions {
  readonly memory: TransferMemory;
  readonly digests: FileDigests;
  /** Flushes to the disk while the rest arrives: for files that stay there. */
  readonly flushEarly: boolean;
}

/** A file, open for writing and reading, that knows its size and its digest when it ends. */
export class SpooledWriter extends Writable {
  size = 0;
  /** Hexadecimal; empty until the end. */
  sha256 = '';
  private readonly digest: FileDigest;
  private batch: Buffer[] = [];
  private batchBytes = 0;
  private writing: Promise<void> | undefined;
  private flushing: Promise<unknown> | undefined;
  private flushedSize = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly options: SpooledWriterOptions,
  ) {
    super({ highWaterMark: LEAST_BATCH_BYTES });
    this.digest = options.digests.begin(file.fd);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.options.memory.passed(chunk.length);
    this.batch.push(chunk);
    this.batchBytes += chunk.length;
    if (this.batchBytes < this.batchSize) return done();
    // one write is under way at a time, and the next batch is gathered beside it
    const before = this.writing;
    if (before) {
      before.then(() => this.beginWrite()).then(() => done(), done);
    } else {
      this.beginWrite();
      done();
    }
  }

  private get batchSize(): number {
    return Math.max(LEAST_BATCH_BYTES, ALL_BATCHES_BYTES / this.options.digests.underWay);
  }

  private beginWrite(): void {
    this.writing = this.writeBatch();
    // its failure is thrown by the next await
    this.writing.catch(() => undefined);
  }

  private async writeBatch(): Promise<void> {
    const { batch, batchBytes } = this;
    if (batchBytes === 0) return;
    this.batch = [];
    this.batchBytes = 0;
    const { bytesWritten } = await this.file.writev(batch);
    // a disk that is nearly full takes a part first and refuses the rest
    if (bytesWritten < batchBytes) await this.file.writeFile(Buffer.concat(batch).subarray(bytesWritten));
    this.size += batchBytes;
    this.digest.grown(this.size);
    this.flush();
    this.writing = undefined;
  }

  /** Not awaited: publishing flushes everything, and then waits for less. */
  private flush(): void {
    const due = this.options.flushEarly && this.size - this.flushedSize >= FLUSH_BYTES;
    if (!due || this.flushing) return;
    this.flushedSize = this.size;
    this.flushing = this.file
      .datasync()
      .catch(() => undefined)
      .finally(() => (this.flushing = undefined));
  }

  override _final(done: (error?: Error | null) => void): void {
    this.finish().then(() => done(), done);
  }

  private async finish(): Promise<void> {
    await this.writing;
    await this.writeBatch();
    // the rest is brought to the disk while the digest catches up
    if (this.options.flushEarly) this.flushing = Promise.allSettled([this.flushing, this.file.sync()]).then();
    this.sha256 = await this.digest.end(this.size);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.release().then(() => done(error), done);
  }

  private async release(): Promise<void> {
    await Promise.allSettled([this.writing, this.flushing]);
    await this.digest.release();
    await this.file.close();
  }
}
