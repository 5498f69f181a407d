import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { type RunResults } from '../../../contracts/benchmark/run-results';
import { renderExperiments } from './render-experiments';

/** Writes `docs/experiments.md` and the pictures beside it, in place of those of the run before. */
export function publishExperiments(results: RunResults, root = findPackageRoot(__dirname)): void {
  const { markdown, pictures } = renderExperiments(results);
  const folder = join(root, 'docs/experiments');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, svg } of pictures) writeFileSync(join(folder, `${name}.svg`), `${svg}\n`);
  const file = join(root, 'docs/experiments.md');
  writeFileSync(file, markdown);
  // Committed files keep to the repository's format.
  const prettier = join(findPackageRoot(__dirname), 'node_modules/prettier/bin/prettier.cjs');
  execFileSync(process.execPath, [prettier, '--write', file], { cwd: root, stdio: 'pipe' });
}
