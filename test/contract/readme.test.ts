import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../fixtures/package';
import { FALL_DETECTION } from '../fixtures/start-server';

const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const scripts = (JSON.parse(text('package.json')) as { scripts: Record<string, string> }).scripts;
const markdown = readdirSync(join(ROOT, 'docs'))
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file}`);
const documents = ['README.md', 'CONTRIBUTING.md', ...markdown];

describe('the documentation', () => {
  it('shows the fall-detection document as it is', () => {
    expect(text('README.md')).toContain(`\`\`\`yaml\n${readFileSync(FALL_DETECTION, 'utf8')}\`\`\``);
  });

  it('has the two commands, and CI calls the one of the tests', () => {
    expect(text('README.md')).toContain('npm ci && npm run demo');
    expect(text('README.md')).toContain('npm ci && npm test');
    expect(text('.ci/run')).toContain('npm ci && npm test');
  });

  it.each(documents)('%s names only scripts that there are', (file) => {
    const named = [...text(file).matchAll(/npm run ([a-z:-]+)/g)].map(([, name]) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it.each(documents)('%s links only to files that there are', (file) => {
    const links = [...text(file).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link);
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(file), link)))).toEqual([]);
  });

  it('draws a request path of files that there are', () => {
    const drawn = [...text('README.md').matchAll(/runtime\/[a-z/-]+\.ts/g)].map(([path]) => path);
    expect(drawn.length).toBeGreaterThan(5);
    for (const path of drawn) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  });
});
