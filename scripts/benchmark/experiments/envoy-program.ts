import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../package-root';

const TOOL = 'tools/servers/envoy';

export interface EnvoyProgram {
  readonly path: string;
  /** Such as `1.40.0`. */
  readonly version: string;
}

/**
 * Envoy of this machine: from the folder of tools that is named by MIS_SHARED or lies beside the repository (a script there
 * prints the program's path), or on the PATH. Undefined where there is none.
 */
export function findEnvoy(): EnvoyProgram | undefined {
  const folders = [process.env.MIS_SHARED, join(findPackageRoot(__dirname), '../shared')];
  const script = folders.map((folder) => join(folder ?? '', TOOL)).find((path) => existsSync(path));
  const path = script === undefined ? 'envoy' : run(script);
  const text = path === undefined ? undefined : run(path, '--version');
  const version = text === undefined ? undefined : /\/(\d+\.\d+\.\d+)[^/]*\//.exec(text)?.[1];
  return path === undefined || version === undefined ? undefined : { path, version };
}

function run(program: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', timeout: 120_000 }).trim();
  } catch {
    return undefined;
  }
}
