import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from './problem';

/** How often the files are looked at. Mounts of Secrets and network volumes send no file events. */
const POLL_MS = 500;

/** Something that is read from files and can be read again. */
export interface WatchedFiles {
  /** Files and folders; they may be others after a reload. */
  readonly files: readonly string[];
  /** Reads what the files hold now. Must not throw. */
  reload(): void | Promise<void>;
}

interface Seen {
  /** Signature of the files that were read. */
  loaded: string;
  /** Signature at the previous look. */
  last: string;
}

/** Looks at files and has them read again when they have changed, or when asked to. */
export class FileWatcher {
  private readonly watched = new Map<WatchedFiles, Seen>();
  private timer: NodeJS.Timeout | undefined;
  private work: Promise<unknown> = Promise.resolve();
  private isLooking = false;
  /** Why the last look failed. */
  private trouble: string | undefined;

  /** @param failed called when looking fails; again for another reason, or after a look that worked */
  constructor(private readonly failed: (error: unknown) => void) {}

  /** Watches these files from now on; what they hold at the moment counts as read. */
  watch(files: WatchedFiles): void {
    const signature = signatureOf(files.files);
    this.watched.set(files, { loaded: signature, last: signature });
    this.timer ??= setInterval(() => void this.look(), POLL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Reads everything again, changed or not. */
  async reloadNow(): Promise<void> {
    await this.enqueue(async () => {
      for (const [files, seen] of this.watched) await reload(files, seen, signatureOf(files.files));
    });
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    await this.enqueue(async () => {
      for (const [files, seen] of this.watched) {
        const signature = signatureOf(files.files);
        // A change is read once two looks see the same, so that a file half written is not read.
        if (signature !== seen.loaded && signature === seen.last) await reload(files, seen, signature);
        else seen.last = signature;
      }
    });
    this.isLooking = false;
  }

  private enqueue(task: () => Promise<void>): Promise<unknown> {
    this.work = this.work.then(task).then(
      () => (this.trouble = undefined),
      (error: unknown) => this.fail(error),
    );
    return this.work;
  }

  private fail(error: unknown): void {
    const reason = messageOf(error);
    if (reason !== this.trouble) this.failed(error);
    this.trouble = reason;
  }
}

async function reload(watched: WatchedFiles, seen: Seen, signature: string): Promise<void> {
  const before = watched.files.join('\n');
  seen.loaded = signature;
  await watched.reload();
  // Other files count as read now; a change of the same ones during the reload is seen by the next look.
  if (watched.files.join('\n') !== before) seen.loaded = signatureOf(watched.files);
  seen.last = seen.loaded;
}

/** A text that changes when a file below one of the paths does. Links are followed, as a mounted ConfigMap needs. */
function signatureOf(paths: readonly string[]): string {
  return paths.map((path) => signature(path)).join('\n');
}

function signature(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return `${path} is gone`;
  if (!stat.isDirectory()) return `${path} ${stat.ino} ${stat.size} ${stat.mtimeMs}`;
  const names = readdirSync(path).filter((name) => !name.startsWith('.'));
  return names.map((name) => signature(join(path, name))).join('\n');
}
