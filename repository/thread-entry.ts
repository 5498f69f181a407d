import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The module that a thread or process of ours starts with: compiled, or its source where that is what is run (its reader
 * is then among the options that are handed on).
 */
export function entryOf(directory: string, name: string): string {
  const compiled = join(directory, `${name}.js`);
  return existsSync(compiled) ? compiled : join(directory, `${name}.ts`);
}
