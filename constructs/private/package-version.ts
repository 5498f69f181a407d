import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Version of this package: the images of runtime and repository are released under the same one. */
export function packageVersion(): string {
  // Sources and the compiled tree lie at different depths below package.json.
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string };
    if (name === 'modular-inference-stack' && version !== undefined) return version;
  }
  throw new Error(`no package.json of modular-inference-stack above ${__dirname}`);
}
