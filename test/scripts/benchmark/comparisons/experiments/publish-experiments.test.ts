import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  publishExperiments,
  renderExperiments,
} from '../../../../../scripts/benchmark/comparisons/experiments/publish-experiments';
import { wholeRun } from '../../../../fixtures/benchmark-results';
import { temporaryFolder } from '../../../../fixtures/temporary-folder';

describe('the committed copy of a run', () => {
  const markdown = renderExperiments(wholeRun());

  it('names machine and day, and has the notes and the tables of the report', () => {
    expect(markdown).toContain('Measured on 2026-11-24 with 2 cores of Example CPU');
    expect(markdown).toContain('- Envoy 1.40.0 balances streams.');
    expect(markdown).toContain('| Clients | Devices each |');
    expect(markdown).toContain('| 16 | 160 | 5,120 | 1 process |');
    expect(markdown).toContain('## Beside the published figures');
  });

  it('shows each of its pictures, and no other', async () => {
    const root = temporaryFolder({ '.prettierrc.json': '{}' });
    await publishExperiments(wholeRun(), root);
    const shown = [...markdown.matchAll(/!\[[^\]]+\]\(experiments\/([^)]+)\.svg\)/g)].map(([, name]) => name);
    const files = readdirSync(join(root, 'docs/experiments')).sort();
    expect(files).toEqual(shown.map((name) => `${name}.svg`).sort());
    expect(new Set(shown).size).toBe(shown.length);
    expect(shown.length).toBeGreaterThan(8);
    for (const name of shown) expect(name).toMatch(/^[a-z0-9-]+$/);
  });
});

it('takes the place of the copy before, in the repository’s format', async () => {
  const root = temporaryFolder({
    'docs/experiments/of-the-run-before.svg': '<svg/>',
    '.prettierrc.json': '{ "printWidth": 110 }',
  });
  await publishExperiments(wholeRun(), root);
  const files = readdirSync(join(root, 'docs/experiments'));
  expect(files).not.toContain('of-the-run-before.svg');
  expect(files).toContain('latency-16-clients-x-160-devices.svg');
  const text = readFileSync(join(root, 'docs/experiments.md'), 'utf8');
  expect(text).toMatch(/^# Experiments\n/);
  expect(text).toMatch(/\| +16 \| +160 \|/); // columns are aligned
});
