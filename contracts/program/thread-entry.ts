import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * The compiled module that a worker thread starts with. Threads run compiled code only: from the sources (as the tests
 * do), this is its counterpart in lib/.
 */
export function threadEntry(directory: string, name: string): string {
  const beside = join(directory, `${name}.js`);
  if (existsSync(beside)) return beside;
  const root = join(__dirname, '../..');
  return join(root, 'lib', relative(root, directory), `${name}.js`);
}
