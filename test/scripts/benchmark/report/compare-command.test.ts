import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { runProgram } from '../../../../contracts/program/run-program';
import { addCompareCommand } from '../../../../scripts/benchmark/report/compare-command';
import { addReportCommand } from '../../../../scripts/benchmark/report/report-command';
import { type RunResults } from '../../../../contracts/benchmark/run-results';
import { measurementOf, resultsOf } from '../../../fixtures/benchmark-results';
import { temporaryFolder } from '../../../fixtures/temporary-folder';

const written = { out: '', err: '' };
beforeEach(() => {
  Object.assign(written, { out: '', err: '' });
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((written.out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((written.err += String(text)), true));
});
afterEach(() => jest.restoreAllMocks());

function run(...args: string[]): Promise<number> {
  const program = new Command('mis-bench');
  addCompareCommand(program);
  addReportCommand(program);
  return runProgram(program, ['node', 'mis-bench', ...args]);
}

const folderOf = (results: RunResults): string =>
  temporaryFolder({ 'results.json': JSON.stringify(results) });
const a = resultsOf([measurementOf({ medianMs: 4 })], { name: 'one' });
const b = resultsOf([measurementOf({ medianMs: 2 })], { name: 'two', machine: { ...a.machine, cores: 8 } });

it('prints both runs with ratios, and writes compare.html beside the second one', async () => {
  const [first, second] = [folderOf(a), folderOf(b)];
  expect(await run('compare', first, join(second, 'results.json'))).toBe(0);
  expect(written.out).toContain('× 0.500');
  expect(written.out).toContain('The machines differ: cores: A has 2, B has 8.');
  const html = readFileSync(join(second, 'compare.html'), 'utf8');
  expect(html).toContain('<h1>Benchmark: one and two</h1>');
  expect(html).toContain('The runs are of different machines');
  expect(html).toContain('Latency, fall-detection, 1 client × 10 devices, 1 process');
  expect(html).not.toMatch(/<script|<link|<img|\bsrc=|\bhref=|url\(/i);
});

it('writes where it is told, into a folder that it makes', async () => {
  const out = join(temporaryFolder(), 'new');
  expect(await run('compare', folderOf(a), folderOf(a), '--out', out)).toBe(0);
  expect(written.out).toContain('The machines are alike.');
  expect(existsSync(join(out, 'compare.html'))).toBe(true);
});

it('refuses runs without a common cell, and a folder that is not there', async () => {
  const other = resultsOf([measurementOf({ clients: 7 })]);
  expect(await run('compare', folderOf(a), folderOf(other))).toBe(1);
  expect(written.err).toMatch(/^mis-bench: the runs have no cell in common: /);
  expect(await run('compare', folderOf(a), '/no/such/run')).toBe(2);
  expect(written.err).toContain('no such file or directory: /no/such/run');
});

it('writes the report of a run anew', async () => {
  const folder = folderOf(a);
  expect(await run('report', folder)).toBe(0);
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<h1>Benchmark: one</h1>');
});
