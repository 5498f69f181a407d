import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { machineCpuMs } from '../../../../scripts/benchmark/comparisons/runtime/machine-cpu';
import { ROOT } from '../../../fixtures/package';
import { temporaryFolder } from '../../../fixtures/temporary-folder';
import { describeWith } from '../../../fixtures/tools';

const PROGRAM = join(ROOT, 'lib/scripts/benchmark/comparisons/bench-runtime.js');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

it('adds up what a machine did, without idling, waiting and guests that are counted in user time', () => {
  expect(machineCpuMs('cpu  100 20 30 5000 600 7 8 9 50 60\ncpu0 1 1 1 1 1 1 1 1 1 1\n')).toBe(1740);
});

describeWith('build', 'bench:runtime', () => {
  const LOADS = ['1 stream × 256', '16 streams × 16', '16 × 160 devices'];

  it('measures both ways of starting, and the echo', async () => {
    const { code, stdout, stderr } = await run('--rounds', '1', '--seconds', '1', '--json');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const { mis, node, echo } = JSON.parse(stdout) as Record<string, Record<string, unknown>[]>;
    for (const [server] of [mis, node]) {
      expect(server).toMatchObject({ node: process.version });
      expect(server.startMs).toBeGreaterThan(50);
      expect(server.peakMb).toBeGreaterThan(server.idleMb as number);
      const loads = server.loads as Record<string, Record<string, number>>;
      expect(Object.keys(loads)).toEqual(LOADS);
      for (const load of Object.values(loads)) {
        expect(load.answersPerSecond).toBeGreaterThan(100);
        expect(load.medianMs).toBeLessThanOrEqual(load.p99Ms);
        expect(load.p99Ms).toBeLessThanOrEqual(load.maxMs);
        expect(load.cpuUsPerAnswer).toBeGreaterThan(1);
        expect(load.collectorShare).toBeGreaterThanOrEqual(0);
        expect(load.collectorShare).toBeLessThan(1);
        // An answer alone has some objects; a request is far from a megabyte.
        expect(load.bytesPerAnswer).toBeGreaterThan(100);
        expect(load.bytesPerAnswer).toBeLessThan(1e6);
        expect(load.othersCores).toBeGreaterThanOrEqual(0);
      }
    }
    expect(Object.keys(echo[0])).toEqual(LOADS.slice(0, 2));
  }, 120_000);

  it('sets two checkouts side by side', async () => {
    const { code, stdout } = await run('--rounds', '1', '--seconds', '1', '--against', ROOT);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    for (const load of LOADS) {
      const line = lines.find((each) => each.startsWith(`${load}: allocated for an answer`));
      expect(line).toMatch(/ [\d.]+ kB; [\d.]+ kB; \d\.\d{3}$/);
    }
    expect(stdout).toMatch(
      /CPU of others meanwhile +[\d.]+ cores \([\d.]+ to [\d.]+\); \d of 6 runs disturbed/,
    );
  }, 120_000);

  it('refuses a folder that is no built checkout, and counts that are none', async () => {
    const folder = temporaryFolder();
    expect(await run('--against', folder)).toMatchObject({
      code: 2,
      stderr: `bench-runtime: '--against' must be a checkout with 'npm run build' done, ${folder} has no lib/runtime/main.js\n`,
    });
    expect(await run('--seconds', '0')).toMatchObject({
      code: 2,
      stderr: "bench-runtime: '--seconds' must be an integer from 1 to 1000, got '0'\n",
    });
  });
});
