import { type FileHandle } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { type TransferMemory } from '../operation/transfer-memory';
import { SLOT_BYTES, SLOTS } from './digest-protocol';
import { type Digest } from './digester';

/** Bytes after which what was written is brought to the disk, where it is to stay there. */
const FLUSH_BYTES = 16 * 1024 * 1024;

export interface SpooledWriterOptions {
  readonly digest: Digest;
  readonly memory: TransferMemory;
  /** Whether the file is to stay where it is: it is then brought to the disk while the rest arrives. */
  readonly flushEarly: boolean;
}

/** A file that knows its digest when it ends: what arrives is gathered in slots, each written and digested at once. */
export class SpooledWriter extends Writable {
  size = 0;
  sha256 = '';
  private slot = 0;
  private filled = 0;
  /** When a slot may be filled again. */
  private readonly free: Promise<unknown>[] = Array.from({ length: SLOTS }, () => Promise.resolve());
  private flushing: Promise<void> | undefined;
  private flushedSize = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly options: SpooledWriterOptions,
  ) {
    super({ highWaterMark: SLOT_BYTES });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.options.memory.passed(chunk.length);
    if (chunk.length < SLOT_BYTES - this.filled) {
      this.filled += chunk.copy(this.options.digest.slot(this.slot), this.filled);
      done();
    } else {
      this.gather(chunk).then(() => done(), done);
    }
  }

  private async gather(chunk: Buffer): Promise<void> {
    for (let taken = 0; taken < chunk.length;) {
      const copied = chunk.copy(this.options.digest.slot(this.slot), this.filled, taken);
      taken += copied;
      this.filled += copied;
      if (this.filled === SLOT_BYTES) await this.emptySlot();
    }
  }

  /** Begins to write and digest what was gathered, and waits until there is room to gather in. */
  private async emptySlot(): Promise<void> {
    const { slot, filled: length, size: position } = this;
    const written = this.writeAll(this.options.digest.slot(slot).subarray(0, length), position);
    const emptied = Promise.all([written, this.options.digest.update(slot, length)]);
    // waited for when the slot is needed again; until then nobody may be told that nobody listens
    emptied.catch(() => undefined);
    this.free[slot] = emptied;
    this.size += length;
    this.filled = 0;
    this.slot = (slot + 1) % SLOTS;
    await this.free[this.slot];
    this.flush();
  }

  /** A disk that is nearly full takes a part first and refuses the rest. */
  private async writeAll(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
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
    this.finish().then(() => done(), done);
  }

  private async finish(): Promise<void> {
    if (this.filled > 0) await this.emptySlot();
    await Promise.all(this.free);
    this.sha256 = await this.options.digest.end();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.sha256 === '') this.options.digest.forget();
    void Promise.allSettled([...this.free, this.flushing])
      .then(() => this.file.close())
      .then(() => done(error), done);
  }
}
