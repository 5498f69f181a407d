import { join } from 'node:path';
import { readResults } from '../../../../scripts/benchmark/report/read-results';
import { wholeRun } from '../../../fixtures/benchmark-results';
import { temporaryFolder } from '../../../fixtures/temporary-folder';

it('reads the results of a folder, and a file', () => {
  const folder = temporaryFolder({ 'results.json': JSON.stringify(wholeRun()) });
  expect(readResults(folder)).toEqual(wholeRun());
  expect(readResults(join(folder, 'results.json'))).toEqual(wholeRun());
});

it.each([
  ['{', 'line 1, column 2: Flow map must end with a }'],
  ['{"format":"mis-bench/2"}', 'format: expected mis-bench/1, got string "mis-bench/2"'],
  [JSON.stringify({ ...wholeRun(), mode: 1 }), 'mode: is unknown'],
])('refuses %s', (text, message) => {
  const folder = temporaryFolder({ 'results.json': text });
  expect(() => readResults(folder)).toThrow(message);
});

it('says which file is not there', () => {
  const folder = temporaryFolder();
  expect(() => readResults(folder)).toThrow(`${join(folder, 'results.json')}: there is no such file`);
});
