import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** What the system says of its CPUs; tests bring their own. */
export interface CpuSources {
  /** The text of a file, or undefined when there is none to read. */
  read(path: string): string | undefined;
  /** CPUs that this process may be scheduled on (affinity and cpuset). */
  schedulableCpus(): number;
}

const SYSTEM: CpuSources = {
  read: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  schedulableCpus: availableParallelism,
};

/** A hierarchy of control groups, as this process sees it. */
interface Hierarchy {
  readonly mountPoint: string;
  /** The group that the mount point shows; `/` unless a container was given a part of the host's hierarchy. */
  readonly root: string;
  readonly version: 1 | 2;
}

/**
 * Whole CPUs that this process may use: the cgroup quota (v1 or v2, the tightest of its group and those above), rounded
 * down, and never more than it may be scheduled on; at least 1. More threads than this would be throttled.
 */
export function countCpus(sources: CpuSources = SYSTEM): number {
  const quota = readCpuQuota(sources);
  return Math.max(1, Math.floor(Math.min(quota ?? Infinity, sources.schedulableCpus())));
}

/** CPUs that the cgroup quota allows, as a fraction; undefined when there is no limit. */
export function readCpuQuota(sources: CpuSources = SYSTEM): number | undefined {
  let tightest = Infinity;
  for (const hierarchy of findHierarchies(sources.read('/proc/self/mountinfo') ?? '')) {
    const group = findGroup(sources.read('/proc/self/cgroup') ?? '', hierarchy.version);
    for (const folder of foldersUpwards(hierarchy, group)) {
      const quota = hierarchy.version === 2 ? readV2(sources, folder) : readV1(sources, folder);
      tightest = Math.min(tightest, quota ?? Infinity);
    }
  }
  return tightest === Infinity ? undefined : tightest;
}

/** Mounts that carry the CPU controller. A line: `36 35 98:0 /root /mount/point options - type source super-options`. */
function findHierarchies(mountInfo: string): Hierarchy[] {
  return mountInfo.split('\n').flatMap((line): Hierarchy[] => {
    const [mount, filesystem = ''] = line.split(' - ');
    const [, , , root, mountPoint] = mount.split(' ').map(unescapePath);
    const [type, , options = ''] = filesystem.split(' ');
    if (type === 'cgroup2') return [{ mountPoint, root, version: 2 }];
    if (type === 'cgroup' && options.split(',').includes('cpu')) return [{ mountPoint, root, version: 1 }];
    return [];
  });
}

/** This process's group. A line: `0::/group` (v2) or `4:cpu,cpuacct:/group` (v1). */
function findGroup(cgroup: string, version: 1 | 2): string {
  for (const line of cgroup.split('\n')) {
    const match = /^(\d+):([^:]*):(.*)$/.exec(line);
    if (match === null) continue;
    const [, id, controllers, group] = match;
    const isOurs = version === 2 ? id === '0' && controllers === '' : controllers.split(',').includes('cpu');
    if (isOurs) return group;
  }
  return '/';
}

/** The folders of the group and of all above it, up to the mount point. */
function foldersUpwards({ mountPoint, root }: Hierarchy, group: string): string[] {
  const names = group.split('/').filter((name) => name !== '');
  const rootNames = root.split('/').filter((name) => name !== '');
  // A container sees its own group at the mount point, but may read its name as the host knows it.
  const isBelow = rootNames.every((name, index) => names[index] === name);
  const below = isBelow ? names.slice(rootNames.length) : [];
  return Array.from({ length: below.length + 1 }, (_, depth) => join(mountPoint, ...below.slice(0, depth)));
}

/** `max 100000` or `150000 100000`: microseconds in each period. */
function readV2(sources: CpuSources, folder: string): number | undefined {
  const [quota, period] = (sources.read(join(folder, 'cpu.max')) ?? '').trim().split(' ');
  return toCpus(Number(quota), Number(period));
}

/** A quota of -1 is none. */
function readV1(sources: CpuSources, folder: string): number | undefined {
  const quota = sources.read(join(folder, 'cpu.cfs_quota_us'));
  const period = sources.read(join(folder, 'cpu.cfs_period_us'));
  return toCpus(Number(quota), Number(period));
}

function toCpus(quota: number, period: number): number | undefined {
  return quota > 0 && period > 0 ? quota / period : undefined;
}

/** Mount points have spaces and the like in octal. */
function unescapePath(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
