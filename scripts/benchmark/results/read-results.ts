import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseText, readText } from '../../../runtime/config/read-source';
import { parseWith } from '../../../runtime/config/schema-problems';
import { ConfigurationError } from '../../../runtime/errors';
import { runResults, type RunResults } from './run-results';

/**
 * Reads a run's results: the file, or the folder that has a `results.json`.
 * @throws ConfigurationError when it cannot be read or is no such file.
 */
export function readResults(path: string): RunResults {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const file = isFolder ? join(path, 'results.json') : path;
  const parsed = parseWith(runResults, parseJson(readText(file), file));
  if ('problems' in parsed) throw new ConfigurationError(file, parsed.problems);
  return parsed.value;
}

/** JSON alone is read a hundred times quicker than YAML, of which it is a part; for its mistakes YAML's reader has the words. */
function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return parseText(text, file);
  }
}
