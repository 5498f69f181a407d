// Rebuilds what is generated and committed, and fails when it differs from what is committed.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

const GENERATED = ['schema', 'docs/transformations.md', 'stacks/pipelines', 'dist'];

execFileSync('npm', ['run', '--silent', 'generate'], { stdio: 'inherit' });
const changed = execFileSync('git', ['status', '--porcelain', '--', ...GENERATED], { encoding: 'utf8' });
if (changed !== '') {
  process.stderr.write(`generated files are not what their sources make; run npm run generate:\n${changed}`);
  process.exit(1);
}
