import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../package-root';

const TOOL = 'tools/servers/envoy';

export interface EnvoyProgram {
  readonly path: string;
  /** Such as `1.40.0`. */
  readonly version: string;
}

/**
 * Envoy of this machine: what ENVOY names, from the folder of tools that MIS_SHARED names or that lies beside the repository (a
 * script there prints the program's path), or on the PATH. Undefined where there is none.
 */
export function findEnvoy(): EnvoyProgram | undefined {
  const path = process.env.ENVOY ?? sharedEnvoy() ?? 'envoy';
  const version = /\/(\d+\.\d+\.\d+)[^/]*\//.exec(run(path, '--version') ?? '')?.[1];
  return version === undefined ? undefined : { path, version };
}

function sharedEnvoy(): string | undefined {
  const shared = process.env.MIS_SHARED ?? join(findPackageRoot(__dirname), '../shared');
  const script = join(shared, TOOL);
  return existsSync(script) ? run(script) : undefined;
}

function run(program: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', timeout: 120_000 }).trim();
  } catch {
    return undefined;
  }
}
