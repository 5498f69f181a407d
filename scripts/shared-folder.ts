import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../contracts/program/package-root';

/**
 * The path of something in the folder of tools and data that lies beside the repository on some machines, or that MIS_SHARED
 * names. `undefined` where it is not there.
 */
export function sharedFile(path: string): string | undefined {
  const folder = [process.env.MIS_SHARED, join(findPackageRoot(__dirname), '../shared')].find(
    (candidate) => candidate !== undefined && existsSync(candidate),
  );
  const file = folder && join(folder, path);
  return file && existsSync(file) ? file : undefined;
}
