import { readMemoryLimit } from '../../../runtime/machine/memory-limit';
import { planMemory } from '../../../runtime/machine/memory-plan';

const MIB = 1024 * 1024;

function limitWith(files: Readonly<Record<string, string>>): number | undefined {
  return readMemoryLimit({ read: (path) => files[path] });
}

describe('readMemoryLimit', () => {
  it('reads the limit of a container (version 2)', () => {
    const limit = limitWith({
      '/proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
      '/proc/self/cgroup': '0::/',
      '/sys/fs/cgroup/memory.max': '268435456\n',
    });
    expect(limit).toBe(256 * MIB);
  });

  it('reads the limit of a container (version 1), whatever the host calls its group', () => {
    const limit = limitWith({
      '/proc/self/mountinfo':
        '36 35 0:30 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n' +
        '37 35 0:31 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct',
      '/proc/self/cgroup': '4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '134217728\n',
    });
    expect(limit).toBe(128 * MIB);
  });

  it('takes the tightest of the group and those above it', () => {
    const limit = limitWith({
      '/proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
      '/proc/self/cgroup': '0::/pod/container',
      '/sys/fs/cgroup/pod/memory.max': '104857600',
      '/sys/fs/cgroup/pod/container/memory.max': 'max',
    });
    expect(limit).toBe(100 * MIB);
  });

  it('knows what both versions say where there is no limit', () => {
    const v1 = {
      '/proc/self/mountinfo': '36 35 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
      '/proc/self/cgroup': '4:memory:/',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
    };
    const v2 = {
      '/proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
      '/proc/self/cgroup': '0::/',
      '/sys/fs/cgroup/memory.max': 'max',
    };
    expect([limitWith(v1), limitWith(v2), limitWith({})]).toEqual([undefined, undefined, undefined]);
  });
});

describe('planMemory', () => {
  it('leaves most of a small container to the program, the models and their runs', () => {
    expect(planMemory(256 * MIB)).toEqual({ heapMib: 64, inFlightBytes: 32 * MIB, messageBytes: 32 * MIB });
  });

  it('grows with the container', () => {
    const plan = planMemory(8192 * MIB);
    expect(plan).toEqual({ heapMib: 2048, inFlightBytes: 1024 * MIB, messageBytes: 1024 * MIB });
  });

  it('never gives the heap less than the server needs', () => {
    expect(planMemory(100 * MIB).heapMib).toBe(64);
  });
});
