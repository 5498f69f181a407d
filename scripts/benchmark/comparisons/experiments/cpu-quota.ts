import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../../contracts/program/problem';

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

/**
 * A control group (version 1 or 2) that limits the CPU of its processes, as a Pod's limit does.
 */
export class CpuQuota {
  /**
   * @param cores e.g. 0.25
   * @throws Error where the machine has no such groups, or this user may not make one.
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

  /** Removes groups that killed runs left; their names begin with `mine`. */
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

  /** Changes the limit. */
  set(cores: number): void {
    write(this.folder, cores);
  }

  /** A command that starts `command` inside the group, with the same process id. */
  wrap(command: readonly string[]): string[] {
    return ['sh', '-c', 'echo $$ > "$0" && exec "$@"', join(this.folder, 'cgroup.procs'), ...command];
  }

  /** Number of periods in which the processes were throttled. */
  throttledPeriods(): number {
    const text = readFileSync(join(this.folder, 'cpu.stat'), 'utf8');
    return Number(/^nr_throttled (\d+)$/m.exec(text)?.[1] ?? 0);
  }

  /** Called after its processes have ended. A group that is not empty stays, without effect on others. */
  remove(): void {
    try {
      rmdirSync(this.folder);
    } catch {
      // The kernel removes the last process a moment after its exit is reported.
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
