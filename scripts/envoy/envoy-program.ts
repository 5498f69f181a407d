import { execFileSync } from 'node:child_process';
import { sharedFile } from '../shared-folder';

export interface EnvoyProgram {
  readonly path: string;
  /** Such as `1.40.0`. */
  readonly version: string;
}

/**
 * Envoy of this machine: what ENVOY names, from the shared folder (a script there prints the program's path), or on the
 * PATH. Undefined where there is none.
 */
export function findEnvoy(): EnvoyProgram | undefined {
  const script = sharedFile('tools/servers/envoy');
  const path = process.env.ENVOY ?? (script === undefined ? undefined : run(script)) ?? 'envoy';
  const version = /\/(\d+\.\d+\.\d+)[^/]*\//.exec(run(path, '--version') ?? '')?.[1];
  return version === undefined ? undefined : { path, version };
}

function run(program: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', timeout: 120_000 }).trim();
  } catch {
    return undefined;
  }
}
