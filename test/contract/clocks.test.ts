import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const RUNTIME = join(__dirname, '../../runtime');

/** Points in time that come from, or go to, others: deadlines of calls, tokens, records. No durations. */
const POINTS_IN_TIME = /deadline|epoch|expires|issued|notAfter|iat|exp\b|connectTimeoutMs|timeoutMs/i;

it('measures no duration in runtime/ by the wall clock, which jumps', () => {
  const found = readdirSync(RUNTIME, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      readFileSync(join(RUNTIME, name), 'utf8')
        .split('\n')
        .filter((line) => /Date\.now\(\)|new Date\(\)/.test(line) && !POINTS_IN_TIME.test(line))
        .map((line) => `${name}: ${line.trim()}`),
    );
  expect(found).toEqual([]);
});
