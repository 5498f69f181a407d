import { join } from 'node:path';
import { CrashRounds } from '../../../scripts/crash/crash-rounds';
import { embeddedTarget } from '../../../scripts/crash/embedded-target';
import { ROOT } from '../../fixtures/package';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const program = [
  process.execPath,
  '--require',
  join(ROOT, 'test', 'read-typescript.js'),
  join(ROOT, 'repository', 'main.ts'),
];
const folder = temporaryFolder();
const options = { uploadsPerRound: 3, largestBytes: 8_000_000, latestMs: 300 };

// The same on MongoDB, service and database ended in turn: node lib/scripts/crash-repository.js (it takes minutes).
it('loses nothing that was acknowledged and leaves nothing of what broke when it is ended at any moment', async () => {
  const target = embeddedTarget(program, join(folder, 'store'));
  const report = await new CrashRounds(target, { ...options, rounds: 20, seed: 1 }).run();
  expect(report.faults).toEqual([]);
  expect(report.acknowledged + report.broken).toBe(60);
  expect(report.acknowledged).toBeGreaterThan(0);
  expect(report.broken).toBeGreaterThan(0);
}, 180_000);
