import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../contracts/program/problem';
import { ComponentError } from '../../contracts/package/component-error';
import { type RemoteReference, type RepositoryClient } from './repository-client';
import { RepositoryClientError } from './repository-client-error';

export interface DownloadOptions {
  /** Digest that the package must have, in hexadecimal; without it any is taken. */
  readonly sha256?: string;
  /** Times that it is tried, each going on where the one before broke off; default 6. */
  readonly attempts?: number;
  /** Milliseconds before the second try, doubled for each one after; default 250. */
  readonly firstWaitMs?: number;
  /** Told of each try that broke off. */
  readonly onRetry?: (reason: string, receivedBytes: number) => void;
}

export interface DownloadedPackage {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Fetches a package into `file`. It arrives in a file of its own beside it and takes its name only when it is whole and
 * has the right digest, so that several who fetch the same at once do not disturb each other.
 * @throws RepositoryClientError when the repository says no, or is away through all tries; ComponentError when the digest
 * is another one.
 */
export async function downloadPackage(
  client: RepositoryClient,
  reference: RemoteReference,
  file: string,
  options: DownloadOptions = {},
): Promise<DownloadedPackage> {
  const partial = `${file}.${randomUUID()}.partial`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await receive(client, reference, partial, options);
    const { sha256, size } = await digestOfFile(partial);
    if (options.sha256 !== undefined && options.sha256 !== sha256) {
      throw new ComponentError(
        `the package of ${reference.kind} '${reference.name}' from ${client.url} has digest sha256:${sha256}, ` +
          `sha256:${options.sha256} is expected: it was altered or replaced, and is not used`,
      );
    }
    const handle = await open(partial, 'r+');
    await handle.sync().finally(() => handle.close());
    await rename(partial, file);
    return { sha256, size };
  } finally {
    await rm(partial, { force: true });
  }
}

async function receive(
  client: RepositoryClient,
  reference: RemoteReference,
  partial: string,
  { attempts = 6, firstWaitMs = 250, onRetry }: DownloadOptions,
): Promise<void> {
  let tag: string | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const received = (await stat(partial).catch(() => undefined))?.size ?? 0;
    try {
      const download = await client.download(reference, { start: received, tag });
      tag = download.tag;
      const flags = download.start > 0 ? 'a' : 'w';
      await pipeline(download.stream, createWriteStream(partial, { flags }));
      const { size } = await stat(partial);
      if (download.size === undefined || size === download.size) return;
      throw new Error(`${size} of ${download.size} bytes came`);
    } catch (error) {
      const final = error instanceof RepositoryClientError && !error.isPassing;
      if (final || isLocal(error)) throw error;
      if (attempt >= attempts) {
        throw error instanceof RepositoryClientError
          ? error
          : new RepositoryClientError(client.url, `the download broke off: ${messageOf(error)}`, {
              cause: error,
            });
      }
      onRetry?.(messageOf(error), received);
      await pause(firstWaitMs * 2 ** (attempt - 1));
    }
  }
}

/** Whether it is this machine's own disk that failed: another try would not help. */
function isLocal(error: unknown): boolean {
  const { syscall } = error as { syscall?: unknown };
  return syscall === 'write' || syscall === 'open';
}

/** SHA-256 of a file, in hexadecimal, and its bytes. */
export async function digestOfFile(file: string): Promise<DownloadedPackage> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { sha256: hash.digest('hex'), size };
}
