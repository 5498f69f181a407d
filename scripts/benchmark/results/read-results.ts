import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readText } from '../../../runtime/config/read-source';
import { parseWith } from '../../../runtime/config/schema-problems';
import { ConfigurationError, messageOf } from '../../../runtime/errors';
import { type RunResults, runResults } from './run-results';

export const RESULTS_FILE = 'results.json';

/**
 * The results of a run: of its folder, or of the file itself.
 * @throws ConfigurationError where there is no such file, or it is not what a run writes.
 */
export function readResults(path: string): RunResults {
  const file = isFolder(path) ? join(path, RESULTS_FILE) : path;
  const parsed = parseWith(runResults, parseJson(readText(file), file));
  if ('problems' in parsed) throw new ConfigurationError(file, parsed.problems);
  return parsed.value;
}

/** The folder of a run, whether it or its file was named. */
export function folderOfResults(path: string): string {
  return isFolder(path) ? path : dirname(path);
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ConfigurationError(file, [{ path: '', message: `is no JSON: ${messageOf(error)}` }]);
  }
}
