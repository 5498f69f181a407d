import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

export interface ControlGroupLimits {
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** What the system says of a group's life. */
export interface ControlGroupFigures {
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledMs: number;
  /** Most memory at once, files that were read included. */
  readonly peakBytes: number;
  readonly oomKills: number;
}

/** A control group of this machine (v1 or v2), which limits what runs in it as a container's does. Takes root. */
export class ControlGroup {
  private constructor(
    private readonly version: 1 | 2,
    private readonly cpuFolder: string,
    private readonly memoryFolder: string,
  ) {}

  /** @throws Error when the system does not let us: no root, or no control groups */
  static create(name: string, { cpus, memoryBytes }: ControlGroupLimits): ControlGroup {
    const version = existsSync(join(ROOT, 'cgroup.controllers')) ? 2 : 1;
    const cpuFolder = version === 2 ? join(ROOT, name) : join(ROOT, 'cpu', name);
    const memoryFolder = version === 2 ? cpuFolder : join(ROOT, 'memory', name);
    if (version === 2) writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+cpu +memory');
    for (const folder of new Set([cpuFolder, memoryFolder])) mkdirSync(folder, { recursive: true });
    const quota = String(Math.round(cpus * PERIOD_US));
    if (version === 2) {
      writeFileSync(join(cpuFolder, 'cpu.max'), `${quota} ${PERIOD_US}`);
      writeFileSync(join(memoryFolder, 'memory.max'), String(memoryBytes));
    } else {
      writeFileSync(join(cpuFolder, 'cpu.cfs_period_us'), String(PERIOD_US));
      writeFileSync(join(cpuFolder, 'cpu.cfs_quota_us'), quota);
      writeFileSync(join(memoryFolder, 'memory.limit_in_bytes'), String(memoryBytes));
    }
    return new ControlGroup(version, cpuFolder, memoryFolder);
  }

  /** The command that runs `command` in the group. */
  command(command: readonly string[]): string[] {
    const folders = [...new Set([this.cpuFolder, this.memoryFolder])];
    const enter = folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(' && ');
    return ['/bin/sh', '-c', `${enter} && exec "$@"`, 'sh', ...command];
  }

  figures(): ControlGroupFigures {
    const cpu = readNumbers(join(this.cpuFolder, 'cpu.stat'));
    const isV2 = this.version === 2;
    const oom = readNumbers(join(this.memoryFolder, isV2 ? 'memory.events' : 'memory.oom_control'));
    const peak = join(this.memoryFolder, isV2 ? 'memory.peak' : 'memory.max_usage_in_bytes');
    return {
      periods: cpu.nr_periods,
      throttledPeriods: cpu.nr_throttled,
      throttledMs: isV2 ? cpu.throttled_usec / 1e3 : cpu.throttled_time / 1e6,
      peakBytes: Number(readFileSync(peak, 'utf8')),
      oomKills: oom.oom_kill,
    };
  }

  /** To be called when nothing runs in it any more. */
  remove(): void {
    for (const folder of new Set([this.cpuFolder, this.memoryFolder])) rmdirSync(folder);
  }
}

/** Lines of a name and a number. */
function readNumbers(file: string): Record<string, number> {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]),
  );
}
