import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../contracts/program/problem';

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

/**
 * A control group that bounds the CPU of the processes that are started in it, as a Pod's limit does; version 2 or 1, whichever
 * the machine has.
 */
export class CpuQuota {
  /**
   * @param cores e.g. 0.25
   * @throws Error where the machine has no such groups, or does not let this user make one.
   */
  static create(name: string, cores: number): CpuQuota {
    const folder = join(parentFolder(), name);
    try {
      mkdirSync(folder);
      write(folder, cores);
    } catch (error) {
      if (existsSync(folder)) rmdirSync(folder);
      throw new Error(`cannot make a control group: ${messageOf(error)}`, { cause: error });
    }
    return new CpuQuota(folder);
  }

  /** Removes groups of runs that were killed, and so left them; `mine` is what the names of such groups begin with. */
  static removeStale(mine: string): void {
    for (const name of readdirSync(parentFolder())) {
      const pid = name.startsWith(`${mine}-`)
        ? Number(/^(\d+)-/.exec(name.slice(mine.length + 1))?.[1])
        : NaN;
      if (!Number.isNaN(pid) && !existsSync(`/proc/${pid}`))
        new CpuQuota(join(parentFolder(), name)).remove();
    }
  }

  private constructor(private readonly folder: string) {}

  /** Bounds the processes otherwise from now on. */
  set(cores: number): void {
    write(this.folder, cores);
  }

  /** A command that starts `command` inside; the process id stays the same through it. */
  wrap(command: readonly string[]): string[] {
    return ['sh', '-c', 'echo $$ > "$0" && exec "$@"', join(this.folder, 'cgroup.procs'), ...command];
  }

  /** How often the processes wanted more than they were allowed to, and had to wait. */
  throttledPeriods(): number {
    const text = readFileSync(join(this.folder, 'cpu.stat'), 'utf8');
    return Number(/^nr_throttled (\d+)$/m.exec(text)?.[1] ?? 0);
  }

  /** After its processes have ended. A group that is not empty yet stays: it has no effect on others. */
  remove(): void {
    try {
      rmdirSync(this.folder);
    } catch {
      // The kernel lets go of the last process a moment after its exit is known.
    }
  }
}

function write(folder: string, cores: number): void {
  const quota = Math.round(cores * PERIOD_US);
  if (existsSync(join(folder, 'cpu.cfs_quota_us'))) {
    writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US));
    writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quota));
  } else {
    writeFileSync(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`);
  }
}

/** The group that this process is in, or with version 1 the root of the CPU controller. */
function parentFolder(): string {
  if (existsSync(join(ROOT, 'cpu', 'cpu.cfs_quota_us')) || existsSync(join(ROOT, 'cpu', 'cgroup.procs')))
    return join(ROOT, 'cpu');
  if (existsSync(join(ROOT, 'cgroup.controllers'))) return ROOT;
  throw new Error('the machine has no control groups for the CPU');
}
