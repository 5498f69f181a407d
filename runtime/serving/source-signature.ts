import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A text that changes when a file below one of the paths does; links are followed, as a mounted ConfigMap needs. */
export function signatureOf(paths: readonly string[]): string {
  return paths.map((path) => signature(path)).join('\n');
}

function signature(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return `${path} is gone`;
  if (!stat.isDirectory()) return `${path} ${stat.ino} ${stat.size} ${stat.mtimeMs}`;
  const names = readdirSync(path).filter((name) => !name.startsWith('.'));
  return names.map((name) => signature(join(path, name))).join('\n');
}
