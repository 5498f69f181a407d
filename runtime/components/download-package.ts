import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../contracts/program/problem';
import { ComponentError } from '../../contracts/package/component-error';
import { sha256OfFile } from './file-digests';
import { type RemoteReference, type RepositoryClient } from './repository-client';
import { RepositoryClientError } from './repository-client-error';

export interface DownloadOptions {
  /** Digest that the package must have, in hexadecimal; without it any is taken. */
  readonly sha256?: string;
  /** Tries in all, each going on where the previous one broke off; default 6. */
  readonly attempts?: number;
  /** Milliseconds before the second try, doubled before each further one; default 250. */
  readonly firstWaitMs?: number;
  /**
   * File in which the package arrives. It stays when the download fails for a reason that may pass, and a later download
   * into it goes on there. Default: a file of its own, which does not stay.
   */
  readonly partial?: string;
  /** Called before each further try. */
  readonly onRetry?: (reason: string, receivedBytes: number) => void;
}

export interface DownloadedPackage {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Fetches a package into `file`. It arrives in another file beside it and is renamed only when it is whole and has the right
 * digest, so that several downloads of the same package at once do not disturb each other.
 * @throws RepositoryClientError when the repository refuses, or is away through all tries; ComponentError when the digest
 * is another one.
 */
export async function downloadPackage(
  client: RepositoryClient,
  reference: RemoteReference,
  file: string,
  options: DownloadOptions = {},
): Promise<DownloadedPackage> {
  const partial = options.partial ?? `${file}.${randomUUID()}.partial`;
  await mkdir(dirname(file), { recursive: true });
  const wasResumed = (await sizeOf(partial)) > 0;
  let isKept = false;
  try {
    await receive(client, reference, partial, options);
    const downloaded = await digestOfFile(partial);
    if (options.sha256 !== undefined && options.sha256 !== downloaded.sha256) {
      throw new ComponentError(
        `the package of ${reference.kind} '${reference.name}' from ${client.url} has digest sha256:${downloaded.sha256}, ` +
          `sha256:${options.sha256} is expected: it was altered or replaced, and is not used`,
      );
    }
    await sync(partial);
    await rename(partial, file);
    return downloaded;
  } catch (error) {
    isKept = options.partial !== undefined && isPassing(error);
    // What an earlier run left may be damaged: a power cut leaves zeros. The whole package may still be right.
    if (!wasResumed || !(error instanceof ComponentError)) throw error;
  } finally {
    if (!isKept) await discard(partial);
  }
  return downloadPackage(client, reference, file, options);
}

/** Whether a later try may have another result. */
function isPassing(error: unknown): boolean {
  return error instanceof RepositoryClientError && error.isPassing;
}

async function receive(
  client: RepositoryClient,
  reference: RemoteReference,
  partial: string,
  { attempts = 6, firstWaitMs = 250, onRetry }: DownloadOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const received = await sizeOf(partial);
    try {
      const tag =
        received > 0 ? await readFile(tagFileOf(partial), 'utf8').catch(() => undefined) : undefined;
      const download = await client.download(reference, { start: received, tag });
      const flags = download.start > 0 ? 'a' : 'w';
      // The stream is read from the start on: while something else is awaited its error would be nobody's.
      await Promise.all([
        pipeline(download.stream, createWriteStream(partial, { flags })),
        download.tag === undefined ? discardTag(partial) : writeFile(tagFileOf(partial), download.tag),
      ]);
      const size = await sizeOf(partial);
      if (download.size === undefined || size === download.size) return;
      throw new Error(`${size} of ${download.size} bytes came`);
    } catch (error) {
      // Nothing follows what has arrived: it is whole, or of another package. It is fetched from the beginning.
      const hasNoRest = error instanceof RepositoryClientError && error.status === 416 && received > 0;
      if (hasNoRest) await discard(partial);
      const isFinal = error instanceof RepositoryClientError && !error.isPassing && !hasNoRest;
      if (isFinal || isLocal(error)) throw error;
      if (attempt >= attempts) {
        throw error instanceof RepositoryClientError
          ? error
          : new RepositoryClientError(client.url, `the download broke off: ${messageOf(error)}`, {
              cause: error,
            });
      }
      onRetry?.(messageOf(error), received);
      const askedMs = error instanceof RepositoryClientError ? error.retryAfterMs : 0;
      await pause(Math.max(firstWaitMs * 2 ** (attempt - 1), askedMs));
    }
  }
}

/** Where the entity tag of what has arrived is kept: only of the same package may the rest be asked for. */
function tagFileOf(partial: string): string {
  return `${partial}.tag`;
}

async function discard(partial: string): Promise<void> {
  await rm(partial, { force: true });
  await discardTag(partial);
}

async function discardTag(partial: string): Promise<void> {
  await rm(tagFileOf(partial), { force: true });
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

/** Waits until a file or folder is on the disk. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

/** Whether this machine's own disk failed: another try would not help. */
function isLocal(error: unknown): boolean {
  const { syscall } = error as { syscall?: unknown };
  return syscall === 'write' || syscall === 'open';
}

/** SHA-256 of a file, in hexadecimal, and its bytes. */
export async function digestOfFile(file: string): Promise<DownloadedPackage> {
  return { sha256: await sha256OfFile(file), size: await sizeOf(file) };
}
