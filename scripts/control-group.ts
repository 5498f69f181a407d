import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../contracts/program/problem';

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

export interface ControlGroupLimits {
  readonly cpus: number;
  readonly memoryBytes?: number;
}

/** What the system says of a group's life. */
export interface ControlGroupFigures {
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledMs: number;
}

export interface MemoryFigures {
  /** Most memory at once, files that were read included. */
  readonly peakBytes: number;
  readonly oomKills: number;
}

/** A control group of this machine (v1 or v2), which limits what runs in it as a container's does. Takes root. */
export class ControlGroup {
  private constructor(private readonly name: string) {}

  /** @throws Error where the machine has no control groups, or this user may not make one */
  static create(name: string, { cpus, memoryBytes }: ControlGroupLimits): ControlGroup {
    const group = new ControlGroup(name);
    try {
      if (VERSION === 2) writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+cpu +memory');
      for (const folder of group.folders(memoryBytes !== undefined)) mkdirSync(folder);
      group.limitCpus(cpus);
      if (memoryBytes !== undefined) {
        const file = VERSION === 2 ? 'memory.max' : 'memory.limit_in_bytes';
        writeFileSync(join(group.folder('memory'), file), String(memoryBytes));
      }
    } catch (error) {
      group.remove();
      throw new Error(`cannot make a control group: ${messageOf(error)}`, { cause: error });
    }
    return group;
  }

  /** Removes the groups named `<prefix>-<pid>…` of processes that were killed. */
  static removeStale(prefix: string): void {
    for (const name of readdirSync(folderOf('cpu', ''))) {
      const pid = name.startsWith(`${prefix}-`) ? /^\d+/.exec(name.slice(prefix.length + 1))?.[0] : undefined;
      if (pid !== undefined && !existsSync(`/proc/${pid}`)) new ControlGroup(name).remove();
    }
  }

  /** From now on. */
  limitCpus(cpus: number): void {
    const folder = this.folder('cpu');
    const quota = Math.round(cpus * PERIOD_US);
    if (VERSION === 2) {
      writeFileSync(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`);
    } else {
      writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US));
      writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quota));
    }
  }

  /** The command that runs `command` in the group; its process id stays the same. */
  command(command: readonly string[]): string[] {
    const enter = this.folders(true)
      .filter((folder) => existsSync(folder))
      .map((folder) => `echo $$ > '${folder}/cgroup.procs'`);
    return ['/bin/sh', '-c', `${enter.join(' && ')} && exec "$@"`, 'sh', ...command];
  }

  cpuFigures(): ControlGroupFigures {
    const cpu = readNumbers(join(this.folder('cpu'), 'cpu.stat'));
    return {
      periods: cpu.nr_periods,
      throttledPeriods: cpu.nr_throttled,
      throttledMs: VERSION === 2 ? cpu.throttled_usec / 1e3 : cpu.throttled_time / 1e6,
    };
  }

  memoryFigures(): MemoryFigures {
    const folder = this.folder('memory');
    const events = readNumbers(join(folder, VERSION === 2 ? 'memory.events' : 'memory.oom_control'));
    const peak = join(folder, VERSION === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes');
    return { peakBytes: Number(readFileSync(peak, 'utf8')), oomKills: events.oom_kill };
  }

  /** After its processes have ended. A group that is not empty yet stays; it has no effect on others. */
  remove(): void {
    for (const folder of this.folders(true)) {
      try {
        if (existsSync(folder)) rmdirSync(folder);
      } catch {
        // The kernel lets go of the last process a moment after its exit is known.
      }
    }
  }

  private folder(controller: 'cpu' | 'memory'): string {
    return folderOf(controller, this.name);
  }

  private folders(withMemory: boolean): string[] {
    return [...new Set([this.folder('cpu'), ...(withMemory ? [this.folder('memory')] : [])])];
  }
}

const VERSION = existsSync(join(ROOT, 'cgroup.controllers')) ? 2 : 1;

function folderOf(controller: 'cpu' | 'memory', name: string): string {
  return VERSION === 2 ? join(ROOT, name) : join(ROOT, controller, name);
}

/** Lines of a name and a number. */
function readNumbers(file: string): Record<string, number> {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]),
  );
}
