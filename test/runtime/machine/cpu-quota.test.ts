import { countCpus, readCpuQuota, type CpuSources } from '../../../runtime/machine/cpu-quota';

const V2_MOUNT = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
const V1_MOUNTS = [
  '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct',
  '33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
].join('\n');

/** A machine with these files and so many schedulable CPUs. */
function machine(files: Record<string, string>, cpus = 16): CpuSources {
  return { read: (path) => files[path], schedulableCpus: () => cpus };
}

function v2(group: string, files: Record<string, string>, mount = V2_MOUNT): Record<string, string> {
  return { '/proc/self/mountinfo': mount, '/proc/self/cgroup': `0::${group}\n`, ...files };
}

function v1(group: string, files: Record<string, string>, mounts = V1_MOUNTS): Record<string, string> {
  const groups = `9:memory:/elsewhere\n4:cpu,cpuacct:${group}\n1:name=systemd:/\n0::/unified\n`;
  return { '/proc/self/mountinfo': mounts, '/proc/self/cgroup': groups, ...files };
}

describe('cgroup v2', () => {
  it.each([
    ['200000 100000', 2],
    ['150000 100000', 1],
    ['50000 100000', 1],
    ['790000 100000', 7],
    ['12000 10000', 1],
    ['max 100000', 16],
    ['3200000 100000', 16],
  ])('makes of a quota of %s whole CPUs: %i', (quota, cpus) => {
    expect(countCpus(machine(v2('/', { '/sys/fs/cgroup/cpu.max': `${quota}\n` })))).toBe(cpus);
  });

  it('takes the tightest of the groups above its own', () => {
    const files = v2('/kubepods.slice/pod1.slice/main.scope', {
      '/sys/fs/cgroup/kubepods.slice/cpu.max': 'max 100000',
      '/sys/fs/cgroup/kubepods.slice/pod1.slice/cpu.max': '250000 100000',
      '/sys/fs/cgroup/kubepods.slice/pod1.slice/main.scope/cpu.max': '400000 100000',
    });
    expect(readCpuQuota(machine(files))).toBe(2.5);
    expect(countCpus(machine(files))).toBe(2);
  });

  it('finds the quota where a container sees a part of the hierarchy by the name that the host knows', () => {
    const mount = '30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw';
    const files = v2('/docker/abc/inner', { '/sys/fs/cgroup/inner/cpu.max': '300000 100000' }, mount);
    expect(countCpus(machine(files))).toBe(3);
    expect(
      countCpus(machine(v2('/docker/other', { '/sys/fs/cgroup/cpu.max': '100000 100000' }, mount))),
    ).toBe(1);
  });

  it('reads mount points with spaces', () => {
    const mount = '30 23 0:26 / /mnt/my\\040groups rw - cgroup2 cgroup2 rw';
    expect(countCpus(machine(v2('/', { '/mnt/my groups/cpu.max': '100000 50000' }, mount)))).toBe(2);
  });
});

describe('cgroup v1', () => {
  it.each([
    ['150000', 1],
    ['400000', 4],
    ['50000', 1],
    ['-1', 16],
  ])('makes of a quota of %s in 100 ms whole CPUs: %i', (quota, cpus) => {
    const files = v1('/docker/abc', {
      '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us': `${quota}\n`,
      '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us': '100000\n',
    });
    expect(countCpus(machine(files))).toBe(cpus);
  });

  it('takes the tightest of the groups above its own', () => {
    const files = v1('/pod/main', {
      '/sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us': '200000',
      '/sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_period_us': '100000',
      '/sys/fs/cgroup/cpu,cpuacct/pod/main/cpu.cfs_quota_us': '-1',
      '/sys/fs/cgroup/cpu,cpuacct/pod/main/cpu.cfs_period_us': '100000',
    });
    expect(readCpuQuota(machine(files))).toBe(2);
  });

  it('heeds both versions where a machine has both', () => {
    const files = v1(
      '/',
      {
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '600000',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
        '/sys/fs/cgroup/unified/unified/cpu.max': '500000 100000',
      },
      `${V1_MOUNTS}\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw`,
    );
    expect(readCpuQuota(machine(files))).toBe(5);
  });
});

it('never counts more CPUs than the process may be scheduled on', () => {
  expect(countCpus(machine(v2('/', { '/sys/fs/cgroup/cpu.max': '800000 100000' }), 3))).toBe(3);
});

it('goes by the schedulable CPUs where there are no groups', () => {
  expect(readCpuQuota(machine({}))).toBeUndefined();
  expect(countCpus(machine({}, 6))).toBe(6);
});

it('counts at least one CPU on this machine', () => {
  expect(countCpus()).toBeGreaterThanOrEqual(1);
});
