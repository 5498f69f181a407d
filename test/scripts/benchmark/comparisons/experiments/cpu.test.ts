import { execFileSync } from 'node:child_process';
import {
  parseCoreList,
  placeDriver,
} from '../../../../../scripts/benchmark/comparisons/experiments/cpu-placement';
import { ControlGroup } from '../../../../../scripts/control-group';
import { itWith } from '../../../../fixtures/tools';

it('reads lists of cores as taskset prints them', () => {
  expect(parseCoreList(' 0-2,5\n')).toEqual([0, 1, 2, 5]);
  expect(parseCoreList('3')).toEqual([3]);
});

it('does not pin anything where there is one core, and says so', () => {
  expect(placeDriver([0])).toEqual({
    serverCores: [],
    driverCore: undefined,
    note: 'Servers, Envoy and driver are not pinned to cores: there is only one.',
  });
});

it('says plainly that it could not pin to cores that are not there', () => {
  const { driverCore, note } = placeDriver([4000, 4001]);
  expect(driverCore).toBeUndefined();
  expect(note).toMatch(/not pinned to cores: taskset failed/);
});

const createQuota = (): ControlGroup => ControlGroup.create(`mis-test-${process.pid}`, { cpus: 0.2 });

itWith('right to make control groups', 'bounds a process that would use a whole core', () => {
  const quota = createQuota();
  try {
    const busy =
      'const end = Date.now() + 600; while (Date.now() < end); console.log(process.cpuUsage().user)';
    const [program, ...args] = quota.command([process.execPath, '-e', busy]);
    execFileSync(program, args, { encoding: 'utf8' });
    expect(quota.cpuFigures().throttledPeriods).toBeGreaterThan(0);
  } finally {
    quota.remove();
  }
  // Its name is free again: it is gone.
  expect(() => createQuota().remove()).not.toThrow();
});
