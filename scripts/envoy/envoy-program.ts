import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../package-root';

/**
 * Path of Envoy: what ENVOY names, or what the tools beside the repository (MIS_SHARED names them elsewhere) bring.
 * `undefined` where there is none.
 */
export function envoyProgram(): string | undefined {
  if (process.env.ENVOY !== undefined) return process.env.ENVOY;
  const shared = process.env.MIS_SHARED ?? join(findPackageRoot(__dirname), '../shared');
  const script = join(shared, 'tools/servers/envoy');
  return existsSync(script) ? execFileSync(script, { encoding: 'utf8', timeout: 120_000 }).trim() : undefined;
}
