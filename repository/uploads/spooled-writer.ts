import { createHash } from 'node:crypto';
import { type FileHandle } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { type TransferMemory } from '../operation/transfer-memory';

/** Bytes that are gathered for one write, and held beside them while the disk is busy. */
const BATCH_BYTES = 256 * 1024;
/** Bytes after which what was written is brought to the disk, where it is to stay there. */
const FLUSH_BYTES = 16 * 1024 * 1024;

export interface SpooledWriterOptions {
  readonly memory: TransferMemory;
  /** Whether the file is to stay where it is: it is then brought to the disk while the rest arrives. */
  readonly flushEarly: boolean;
}

/** A file that knows its size and its digest when it ends. */
export class SpooledWriter extends Writable {
  size = 0;
  /** Hexadecimal; empty until the end. */
  sha256 = '';
  private readonly hash = createHash('sha256');
  private batch: Buffer[] = [];
  private batchBytes = 0;
  private flushing: Promise<void> | undefined;
  private flushedSize = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly options: SpooledWriterOptions,
  ) {
    super({ highWaterMark: BATCH_BYTES });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.options.memory.passed(chunk.length);
    this.batch.push(chunk);
    this.batchBytes += chunk.length;
    if (this.batchBytes < BATCH_BYTES) done();
    else this.writeBatch().then(() => done(), done);
  }

  private async writeBatch(): Promise<void> {
    const { batch, batchBytes } = this;
    if (batchBytes === 0) return;
    this.batch = [];
    this.batchBytes = 0;
    // the write is under way in its own thread while the digest is computed here
    const written = this.file.writev(batch);
    for (const buffer of batch) this.hash.update(buffer);
    const { bytesWritten } = await written;
    // a disk that is nearly full takes a part first and refuses the rest
    if (bytesWritten < batchBytes) await this.file.writeFile(Buffer.concat(batch).subarray(bytesWritten));
    this.size += batchBytes;
    this.flush();
  }

  /** Nobody waits for it: publishing makes sure of all of it, and then has less to wait for. */
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
