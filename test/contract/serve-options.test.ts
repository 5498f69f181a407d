import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { flagOf, type OptionDefinition } from '../../contracts/program/options';
import { createProgram } from '../../runtime/cli/program';
import { SERVE_OPTIONS } from '../../runtime/config/runtime-options';
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

  it.each(Object.values<OptionDefinition>(SERVE_OPTIONS).filter((option) => option.default !== undefined))(
    'says the default of $flags',
    (option) => {
      const rows = documented.split('\n').filter((line) => line.startsWith('|') || line.includes('default'));
      const named = rows.filter((line) => line.includes(`\`${flagOf(option)}`));
      expect(named.some((line) => line.includes(`\`${option.default}\``))).toBe(true);
    },
  );

  it('has every metric of the runtime', () => {
    const names = new Metrics().registry.getMetricsAsArray().map(({ name }) => name);
    const own = names.filter((name) => /^(inference|mis)_/.test(name));
    expect(own.length).toBeGreaterThan(10);
    expect(own.filter((name) => !documented.includes(`\`${name}`))).toEqual([]);
  });
});
