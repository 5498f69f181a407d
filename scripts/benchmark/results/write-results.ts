import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toCsv, toSecondsCsv } from './results-csv';
import { type RunResults } from '../../../contracts/benchmark/run-results';

/** Writes `results.json`, `results.csv` and `seconds.csv` to a folder, which is made; each is replaced as a whole. */
export function writeResults(results: RunResults, folder: string): void {
  mkdirSync(folder, { recursive: true });
  replace(join(folder, 'results.json'), `${JSON.stringify(results)}\n`);
  replace(join(folder, 'results.csv'), toCsv(results));
  replace(join(folder, 'seconds.csv'), toSecondsCsv(results));
}

/** A reader never sees half a file, nor does a run that is killed leave one. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}
