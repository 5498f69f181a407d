import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The package's folder, seen from a script's: the sources' (scripts/) as well as the compiled one's (lib/scripts/). */
export function findPackageRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('no package.json above the script');
  return findPackageRoot(parent);
}
