import { execFileSync } from 'node:child_process';
import { ControlGroup, type ControlGroupLimits } from '../../scripts/control-group';

const NAME = `mis-test-${process.pid}`;

/** A group, or why this machine gives none. */
function create(limits: ControlGroupLimits): ControlGroup | string {
  try {
    return ControlGroup.create(NAME, limits);
  } catch (error) {
    return (error as Error).message;
  }
}

const possible = create({ cpus: 1, memoryBytes: 2 ** 26 });
if (typeof possible !== 'string') possible.remove();
const here = typeof possible === 'string' ? it.skip : it;
if (typeof possible === 'string') console.warn(`skipped: ${possible}`);

here('bounds the CPU of a process that would use a whole core, and is gone afterwards', () => {
  const group = ControlGroup.create(NAME, { cpus: 0.2 });
  try {
    const busy = 'const end = Date.now() + 600; while (Date.now() < end); console.log(process.pid)';
    const [program, ...args] = group.command([process.execPath, '-e', busy]);
    execFileSync(program, args, { encoding: 'utf8' });
    expect(group.cpuFigures().throttledPeriods).toBeGreaterThan(0);
  } finally {
    group.remove();
  }
  ControlGroup.create(NAME, { cpus: 1 }).remove();
});

here('counts the memory of what runs in it', () => {
  const group = ControlGroup.create(NAME, { cpus: 1, memoryBytes: 2 ** 28 });
  try {
    const [program, ...args] = group.command([process.execPath, '-e', 'Buffer.alloc(50e6, 1)']);
    execFileSync(program, args);
    expect(group.memoryFigures().peakBytes).toBeGreaterThan(50e6);
    expect(group.memoryFigures().peakBytes).toBeLessThan(2 ** 28);
  } finally {
    group.remove();
  }
});

here('removes the groups of processes that are gone, and no others', () => {
  const gone = ControlGroup.create('mis-test-gone-4194304-x', { cpus: 1 });
  const alive = ControlGroup.create(`mis-test-gone-${process.pid}-x`, { cpus: 1 });
  ControlGroup.removeStale('mis-test-gone');
  expect(() => gone.cpuFigures()).toThrow('ENOENT');
  expect(alive.cpuFigures().periods).toBeGreaterThanOrEqual(0);
  alive.remove();
});
