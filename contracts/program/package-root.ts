import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const NAME = 'modular-inference-stack';

/** The package's folder, seen from a folder of its sources or, one level deeper, of the compiled tree in lib/. */
export function findPackageRoot(folder = __dirname): string {
  if (readPackage(folder)?.name === NAME) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`no package.json of ${NAME} above ${__dirname}`);
  return findPackageRoot(parent);
}

/** Version of this package; the images of runtime and repository have the same one. */
export function packageVersion(): string {
  return readPackage(findPackageRoot())?.version ?? 'unknown';
}

function readPackage(folder: string): { readonly name?: string; readonly version?: string } | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : undefined;
}
