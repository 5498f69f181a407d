import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { requirePaths } from '../../../contracts/program/run-program';
import { tableToTerminal } from '../report/tables/table-to-terminal';
import { folderOfResults, readResults, RESULTS_FILE } from '../results/read-results';
import { comparisonTable } from './comparison-table';
import { pairMeasurements } from './pair-measurements';
import { describeRuns, renderComparison } from './render-comparison';

/** `mis-bench compare`: two runs side by side, in the terminal and as `compare.html`. */
export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .description('two runs side by side: a table with ratios, and compare.html')
    .argument('<a>', `folder of a run, or its ${RESULTS_FILE}`)
    .argument('<b>', 'another one; ratios are B to A')
    .addOption(new Option('--out <folder>', "where compare.html goes; default: the second run's folder"))
    .action(async (pathA: string, pathB: string, { out }: { out?: string }) => {
      requirePaths([pathA, pathB]);
      const [a, b] = [readResults(pathA), readResults(pathB)];
      const pairs = pairMeasurements(a, b);
      const folder = out ?? folderOfResults(pathB);
      await mkdir(folder, { recursive: true });
      const file = join(folder, 'compare.html');
      await writeFile(file, renderComparison(a, b, pairs));
      const table = tableToTerminal(comparisonTable(pairs, [a.name, b.name]));
      process.stdout.write(`${[...describeRuns(a, b), table, `written: ${file}`].join('\n')}\n`);
    });
}
