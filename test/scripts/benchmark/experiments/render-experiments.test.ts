import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishExperiments } from '../../../../scripts/benchmark/experiments/publish-experiments';
import { renderExperiments } from '../../../../scripts/benchmark/experiments/render-experiments';
import { wholeRun } from '../../../fixtures/benchmark-results';
import { temporaryFolder } from '../../../fixtures/temporary-folder';

describe('the committed copy of a run', () => {
  const { markdown, pictures } = renderExperiments(wholeRun());

  it('names machine and day, and has the sentences and the tables of the report', () => {
    expect(markdown).toContain('Measured on 2026-11-24 with 2 cores of Example CPU');
    expect(markdown).toContain('- 31 of 32 measurements count.');
    expect(markdown).toContain('| Clients | Devices each |');
    expect(markdown).toContain('| 16 | 160 | 5,120 | 1 process |');
    expect(markdown).toContain('## Beside the published figures');
  });

  it('shows each of its pictures, and no other', () => {
    const shown = [...markdown.matchAll(/!\[[^\]]+\]\(experiments\/([^)]+)\.svg\)/g)].map(([, name]) => name);
    expect(shown).toEqual(pictures.map(({ name }) => name));
    expect(new Set(shown).size).toBe(shown.length);
    expect(shown.length).toBeGreaterThan(8);
    for (const name of shown) expect(name).toMatch(/^[a-z0-9-]+$/);
  });
});

it('takes the place of the copy before, in the repository’s format', () => {
  const root = temporaryFolder({
    'docs/experiments/of-the-run-before.svg': '<svg/>',
    '.prettierrc.json': '{ "printWidth": 110 }',
  });
  publishExperiments(wholeRun(), root);
  const files = readdirSync(join(root, 'docs/experiments'));
  expect(files).not.toContain('of-the-run-before.svg');
  expect(files).toContain('latency-16-clients-x-160-devices.svg');
  const text = readFileSync(join(root, 'docs/experiments.md'), 'utf8');
  expect(text).toMatch(/^# Experiments\n/);
  expect(text).toMatch(/\| +16 \| +160 \|/); // columns are aligned
});
