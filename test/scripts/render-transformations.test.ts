import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILT_INS } from '../../runtime/transformations/built-ins';
import { renderTransformations } from '../../scripts/render-transformations';

describe('docs/transformations.md', () => {
  it('is what the registry says', () => {
    const published = readFileSync(join(__dirname, '../../docs/transformations.md'), 'utf8');
    expect(published).toBe(renderTransformations());
  });

  it('has a chapter for each built-in and a row for each parameter', () => {
    const text = renderTransformations();
    for (const { name, parameters } of Object.values(BUILT_INS)) {
      const chapter = text.split(`\n## ${name}\n`)[1].split('\n## ')[0];
      for (const parameter of Object.keys(parameters.shape))
        expect(chapter).toContain(`| \`${parameter}\` |`);
    }
  });
});
