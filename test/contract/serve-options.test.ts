import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../../runtime/cli/program';
import { Metrics } from '../../runtime/observability/metrics';
import { ROOT } from '../fixtures/package';

const documented = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');

describe('docs/operations.md', () => {
  it('has every option of mis serve', () => {
    const serve = createProgram().commands.find((command) => command.name() === 'serve');
    const missing = serve?.options
      .filter(({ long }) => !documented.includes(`${long}`))
      .map(({ long }) => long);
    expect(serve?.options.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });

  it('has every metric of the runtime', () => {
    const names = new Metrics().registry.getMetricsAsArray().map(({ name }) => name);
    const own = names.filter((name) => /^(inference|mis)_/.test(name));
    expect(own.length).toBeGreaterThan(10);
    expect(own.filter((name) => !documented.includes(`\`${name}`))).toEqual([]);
  });
});
