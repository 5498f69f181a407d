import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { messageOf } from '../../../../contracts/program/problem';

/** The last core is the driver's, so that servers do not delay it; the others are the servers'. */
export interface CpuPlacement {
  readonly serverCores: readonly number[];
  readonly driverCore: number | undefined;
  readonly note: string;
}

/** Pins this process and the driver that it forks; the note says why where that is impossible. */
export function placeDriver(cores = availableCores()): CpuPlacement {
  const nowhere = (why: string): CpuPlacement => ({
    serverCores: [],
    driverCore: undefined,
    note: `Servers, Envoy and driver are not pinned to cores: ${why}.`,
  });
  if (cores.length < 2) return nowhere('there is only one');
  const driverCore = cores[cores.length - 1];
  try {
    execFileSync('taskset', ['-a', '-c', '-p', String(driverCore), String(process.pid)], { stdio: 'pipe' });
  } catch (error) {
    return nowhere(`taskset failed (${messageOf(error).split('\n')[0]})`);
  }
  const serverCores = cores.slice(0, -1);
  return {
    serverCores,
    driverCore,
    note: `Server processes are pinned one by one, in turn, to core ${serverCores.join(', ')}, where Envoy runs too; the driver has core ${driverCore} to itself.`,
  };
}

/** The cores that this process may use; in a container not all cores of the machine. */
function availableCores(): number[] {
  try {
    const text = execFileSync('taskset', ['-c', '-p', String(process.pid)], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return parseCoreList(text.slice(text.lastIndexOf(':') + 1));
  } catch {
    return Array.from({ length: availableParallelism() }, (_, core) => core);
  }
}

/** `0-2,5` is 0, 1, 2, 5. */
export function parseCoreList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
    });
}
