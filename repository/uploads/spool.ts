import { randomUUID } from 'node:crypto';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf, RepositoryError } from '../errors';
import { type TransferMemory } from '../operation/transfer-memory';
import { FileDigests } from './file-digests';
import { SpooledWriter } from './spooled-writer';

/** Bytes that an upload must leave free on the disk: room for metadata. */
const RESERVE_BYTES = 32 * 1024 * 1024;

/** A file that arrived whole. */
export interface SpooledFile {
  readonly path: string;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

export interface SpoolOptions {
  readonly memory: TransferMemory;
  /** Whether what is received is going to stay on this disk: it is then brought there while the rest arrives. */
  readonly flushEarly: boolean;
}

/** The directory in which uploads are received, under random names. */
export class Spool {
  private readonly digests = new FileDigests();

  private constructor(
    readonly directory: string,
    private readonly options: SpoolOptions,
  ) {}

  static async open(directory: string, options: SpoolOptions): Promise<Spool> {
    await mkdir(directory, { recursive: true });
    return new Spool(directory, options);
  }

  /** @throws STORE_FULL when a body of that many bytes has no room, before any of it is read. */
  async requireSpace(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.directory);
    if (bavail * bsize < bytes + RESERVE_BYTES) throw full();
  }

  /**
   * Writes a stream to a new file, at constant memory: the source pauses while the disk is busy. An error removes the
   * file. @throws STORE_FULL
   */
  async receive(source: Readable): Promise<SpooledFile> {
    const path = join(this.directory, randomUUID());
    const file = await open(path, 'wx+', 0o600).catch(refuseFull);
    const sink = new SpooledWriter(file, { ...this.options, digests: this.digests });
    try {
      await pipeline(source, sink);
      return { path, sha256: sink.sha256, size: sink.size };
    } catch (error) {
      await this.discard(path);
      return refuseFull(error);
    }
  }

  /** Ends what runs for uploads; when none is under way any more. */
  close(): Promise<void> {
    return this.digests.close();
  }

  /** Removes a file, where it is still there. */
  discard(path: string): Promise<void> {
    return rm(path, { force: true });
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** @throws STORE_FULL for what a full disk says, everything else as it is. */
function refuseFull(error: unknown): never {
  if (FULL.has(codeOf(error) ?? '')) throw full(error);
  throw error;
}

function full(cause?: unknown): RepositoryError {
  return new RepositoryError('STORE_FULL', 'the store has no space left for this package', { cause });
}
