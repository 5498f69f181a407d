import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runResults } from '../../../../../contracts/benchmark/run-results';
import { findPackageRoot } from '../../../../../contracts/program/package-root';
import { eventually } from '../../../../fixtures/eventually';
import { temporaryFolder } from '../../../../fixtures/temporary-folder';
import { describeWith } from '../../../../fixtures/tools';

const program = join(findPackageRoot(__dirname), 'lib/scripts/benchmark/comparisons/bench-experiments.js');

/** Ids of the processes that a process has started and that still run. */
function childrenOf(pid: number): number[] {
  try {
    const text = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
    return text.trim().split(/\s+/).map(Number);
  } catch {
    return [];
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** The program with a server that is being measured, and all processes that it has started. */
async function startMeasuring(out: string) {
  const args = ['--quick', '--only', 'fall-detection', '1-process', '--out', out];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = { text: '' };
  const exited = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text) => {
      said.text += String(text);
      if (said.text.includes('measuring')) resolve();
    });
    child.once('exit', () => reject(new Error(`ended before it measured:\n${said.text}`)));
  });
  const children = childrenOf(child.pid!);
  expect(children.length).toBeGreaterThanOrEqual(2); // the server, and the driver
  return { child, children, exited, said };
}

describeWith('build', 'experiments', () => {
  it('keep the results and end every server on Ctrl-C', async () => {
    const out = temporaryFolder();
    const { child, children, exited, said } = await startMeasuring(out);
    child.kill('SIGINT');
    expect(await exited).toEqual([1, null]);
    expect(said.text).toContain('the run ended early: stopped by SIGINT');
    expect(children.filter(isAlive)).toEqual([]);
    const results = runResults.parse(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')));
    expect(results.endedEarly).toBe('stopped by SIGINT');
    expect(existsSync(join(out, 'report.html'))).toBe(true);
  }, 90_000);

  it.each([[['SIGINT', 'SIGINT']], [['SIGHUP']]] as const)(
    'leave no server behind after %p',
    async (signals) => {
      const { child, children, exited } = await startMeasuring(temporaryFolder());
      for (const signal of signals) child.kill(signal);
      await exited;
      // Those that were killed are gone a moment later, the driver when it sees that nobody is there.
      await eventually(() => expect(children.filter(isAlive)).toEqual([]));
    },
    90_000,
  );
});
