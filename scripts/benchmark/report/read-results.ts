import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseText, readText } from '../../../contracts/program/read-source';
import { parseWith } from '../../../contracts/program/schema-problems';
import { ConfigurationError } from '../../../contracts/program/problem';
import { runResults, type RunResults } from '../../../contracts/benchmark/run-results';

export const RESULTS_FILE = 'results.json';

/**
 * Reads a run's results: the file, or the folder that has a `results.json`.
 * @throws ConfigurationError when it cannot be read or is no such file.
 */
export function readResults(path: string): RunResults {
  const file = isFolder(path) ? join(path, RESULTS_FILE) : path;
  const parsed = parseWith(runResults, parseJson(readText(file), file));
  if ('problems' in parsed) throw new ConfigurationError(file, parsed.problems);
  return parsed.value;
}

/** The folder of a run, given that or its file. */
export function folderOfResults(path: string): string {
  return isFolder(path) ? path : dirname(path);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** JSON.parse is a hundred times faster than the YAML parser, which has the better messages. */
function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return parseText(text, file);
  }
}
