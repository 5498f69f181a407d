import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_FILES, controlFolders, type SystemFiles } from './control-groups';

/** What the system says of its CPUs; tests bring their own. */
export interface CpuSources extends SystemFiles {
  /** CPUs that this process may be scheduled on (affinity and cpuset). */
  schedulableCpus(): number;
}

const SYSTEM: CpuSources = { ...SYSTEM_FILES, schedulableCpus: availableParallelism };

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
  for (const { path, version } of controlFolders(sources, 'cpu')) {
    const quota = version === 2 ? readV2(sources, path) : readV1(sources, path);
    tightest = Math.min(tightest, quota ?? Infinity);
  }
  return tightest === Infinity ? undefined : tightest;
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
