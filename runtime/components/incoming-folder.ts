import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const PREFIX = '.incoming-';
/** Folders of versions that left no note of who writes them. */
const OLD_PREFIX = '.outgoing-';
const OWNER = 'owner.json';

/** Longest that an owner of another machine, or of a process that cannot be told from another, writes nothing. */
const SILENT_OWNER_MS = 3_600_000;
/** Longest between making a folder and noting its owner. */
const UNOWNED_MS = 600_000;

/** Tells this process from an earlier one with its number: a container's first process is always 1. */
const PROCESS_TOKEN = randomUUID();

interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly token: string;
  /** Digest of the package that arrives, in hexadecimal. */
  readonly sha256?: string;
}

/** A folder in which one package arrives and is unpacked, beside where its content will be. */
export class IncomingFolder {
  private constructor(readonly path: string) {}

  /**
   * A folder for a package: one in which an ended process has left a part of the same package, or a new one. It belongs to
   * this process until it is removed or left.
   */
  static async open(directory: string, sha256: string | undefined): Promise<IncomingFolder> {
    await mkdir(directory, { recursive: true });
    const path = join(directory, PREFIX + randomUUID());
    for (const left of sha256 === undefined ? [] : await leftovers(directory)) {
      if (left.owner?.sha256 !== sha256) continue;
      // Of several processes that see it, one can rename it.
      const isTaken = await rename(left.path, path).then(
        () => true,
        () => false,
      );
      if (!isTaken) continue;
      await own(path, sha256);
      return new IncomingFolder(path);
    }
    await mkdir(path);
    await own(path, sha256);
    return new IncomingFolder(path);
  }

  /** Removes what ended processes have left in a directory; returns how many folders that were. */
  static async sweep(directory: string): Promise<number> {
    const found = await leftovers(directory);
    for (const { path } of found) await rm(path, { recursive: true, force: true });
    return found.length;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /** Leaves what has arrived for a later try of this or another process. */
  async leave(sha256: string | undefined): Promise<void> {
    await own(this.path, sha256, '');
  }
}

async function own(path: string, sha256: string | undefined, token: string = PROCESS_TOKEN): Promise<void> {
  const owner: Owner = { host: hostname(), pid: process.pid, token, sha256 };
  await writeFile(join(path, OWNER), JSON.stringify(owner));
}

interface Leftover {
  readonly path: string;
  readonly owner: Owner | undefined;
}

async function leftovers(directory: string): Promise<Leftover[]> {
  const names = await readdir(directory).catch(() => []);
  const found: Leftover[] = [];
  for (const name of names) {
    if (!name.startsWith(PREFIX) && !name.startsWith(OLD_PREFIX)) continue;
    const path = join(directory, name);
    const owner = await readOwner(path);
    if (await isLeft(path, owner)) found.push({ path, owner });
  }
  return found;
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(join(path, OWNER), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

async function isLeft(path: string, owner: Owner | undefined): Promise<boolean> {
  // Times of files are points in time of the system's clock.
  const nowEpochMs = Date.now();
  const silentMs = nowEpochMs - (await lastWriteMs(path));
  if (owner === undefined) return silentMs > UNOWNED_MS;
  if (owner.token === '') return true;
  if (owner.host === hostname()) {
    if (owner.pid === process.pid) return owner.token !== PROCESS_TOKEN;
    if (!isAlive(owner.pid)) return true;
  }
  return silentMs > SILENT_OWNER_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When something in a folder was written last. */
async function lastWriteMs(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true }).catch(() => []);
  const times = await Promise.all(
    ['', ...entries].map((entry) =>
      stat(join(path, entry)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}
