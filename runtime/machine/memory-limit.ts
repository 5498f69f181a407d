import { join } from 'node:path';
import { SYSTEM_FILES, controlFolders, type ControlFolder, type SystemFiles } from './control-groups';

/** Version 1 says "no limit" with the largest number of whole pages. */
const NO_LIMIT_BYTES = 2 ** 60;

/** Bytes of memory that this process's control group (v1 or v2), or one above it, allows; undefined when none does. */
export function readMemoryLimit(files: SystemFiles = SYSTEM_FILES): number | undefined {
  const limits = controlFolders(files, 'memory').map((folder) => readLimit(files, folder));
  const tightest = Math.min(...limits);
  return tightest === Infinity ? undefined : tightest;
}

function readLimit(files: SystemFiles, { path, version }: ControlFolder): number {
  const file = version === 2 ? 'memory.max' : 'memory.limit_in_bytes';
  const bytes = Number((files.read(join(path, file)) ?? '').trim() || NaN);
  return bytes > 0 && bytes < NO_LIMIT_BYTES ? bytes : Infinity;
}
