import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metrics } from '../../runtime/observability/metrics';
import { findPackageRoot } from '../../contracts/program/package-root';

const documented = readFileSync(join(findPackageRoot(__dirname), 'docs/operations.md'), 'utf8');

describe('docs/operations.md', () => {
  it('lists the metrics of the runtime that its first table is about, with their types, and no others', async () => {
    const known = (await new Metrics().expose())
      .split('\n')
      .flatMap((line) => /^# TYPE (inference_\S+) (\S+)$/.exec(line)?.slice(1).join(' ') ?? []);
    const listed = documented
      .split('\n')
      .flatMap(
        (line) => /^\| `(inference_\w+)(?:\{[^}]*\})?` +\| (\w+) +\|/.exec(line)?.slice(1).join(' ') ?? [],
      );
    expect(listed.length).toBeGreaterThan(20);
    expect(listed.filter((entry) => !known.includes(entry))).toEqual([]);
    const untyped = known.filter((entry) => !listed.includes(entry));
    expect(untyped.filter((entry) => !documented.includes(`\`${entry.split(' ')[0]}`))).toEqual([]);
  });
});
