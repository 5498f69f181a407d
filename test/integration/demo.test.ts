import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../fixtures/package';

const run = promisify(execFile);

describe('the demo', () => {
  it('finds the falls of the recording and ends by itself', async () => {
    const demo = join(ROOT, 'lib/scripts/demo.js');
    const { stdout } = await run(process.execPath, [demo], { timeout: 60_000 });
    expect(stdout).toContain('27 of 1192 windows look like a fall, in 4 places:');
    expect(stdout).toMatch(/05:32–05:40 +7 .* 0\.91/);
    expect(stdout).toContain('4768 answered');
    expect(stdout).toMatch(/median [\d.]+ ms, p95 [\d.]+ ms, p99 [\d.]+ ms, max [\d.]+ ms/);
    expect(stdout).toMatch(/metrics +http:\/\/127\.0\.0\.1:\d+\/metrics/);
  }, 90_000);
});
