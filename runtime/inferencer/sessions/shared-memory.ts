import { closeSync, existsSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory on Linux. Containers often have little of it: what does not fit goes another way. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * A file without a name that two processes have open: one writes the large tensors of a message, the other reads them before
 * the next message that uses the file is written.
 */
export class SharedMemory {
  private end = 0;

  constructor(readonly fd: number) {}

  static create(): SharedMemory {
    const path = join(FOLDER, `mis-${randomUUID()}`);
    const fd = openSync(path, 'wx+', 0o600);
    // The descriptors are all that is needed: nothing is left behind by a process that is killed.
    unlinkSync(path);
    return new SharedMemory(fd);
  }

  /** A new message begins: the file may be overwritten. */
  reset(): void {
    this.end = 0;
  }

  /** Where the bytes now lie; undefined when there is no room for them. */
  write(bytes: Uint8Array): number | undefined {
    const start = this.end;
    try {
      for (let done = 0; done < bytes.length;) {
        done += writeSync(this.fd, bytes, done, bytes.length - done, start + done);
      }
    } catch {
      return undefined;
    }
    this.end = start + bytes.length;
    return start;
  }

  /** Fills `target` with the bytes that lie at `start`. */
  read(target: Uint8Array, start: number): void {
    for (let done = 0; done < target.length;) {
      const got = readSync(this.fd, target, done, target.length - done, start + done);
      if (got === 0) throw new Error(`the shared memory ends ${target.length - done} bytes too early`);
      done += got;
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}
