import { type Command, Option } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunResults } from '../../../contracts/benchmark/run-results';
import { requirePaths } from '../../../contracts/program/run-program';
import { type Pair, comparisonTable, machineDifferences, pairMeasurements } from './comparison';
import { densityChart } from './density-chart';
import { describeMachine } from './format';
import { describeLoad } from './load';
import { figures, renderPage } from './page';
import { RESULTS_FILE, folderOfResults, readResults } from './read-results';
import { tableToHtml, tableToTerminal } from './table';

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
      await writeFile(file, await renderComparison(a, b, pairs));
      const table = tableToTerminal(comparisonTable(pairs, [a.name, b.name]));
      process.stdout.write(`${[...describeRuns(a, b), table, `written: ${file}`].join('\n')}\n`);
    });
}

/** Two runs side by side as one HTML file. */
async function renderComparison(a: RunResults, b: RunResults, pairs: readonly Pair[]): Promise<string> {
  const differences = machineDifferences(a.machine, b.machine);
  const left = (run: RunResults, own: 'a' | 'b'): number =>
    run.measurements.filter((measurement) => !pairs.some((pair) => pair[own] === measurement)).length;
  const charts = pairs
    .filter(({ a, b }) => a.fromDue.count > 0 && b.fromDue.count > 0)
    .map(({ a, b }) =>
      densityChart(`Latency, ${a.profile}, ${describeLoad(a)}, ${a.deployment}`, [
        { name: 'A', index: 0, distribution: a.fromDue },
        { name: 'B', index: 1, distribution: b.fromDue },
      ]),
    );
  return renderPage({
    title: a.name === b.name ? `Benchmark: two runs of ${a.name}` : `Benchmark: ${a.name} and ${b.name}`,
    facts: [
      ['A', `${a.name}, ${a.startedAt}, ${describeMachine(a.machine)}`],
      ['B', `${b.name}, ${b.startedAt}, ${describeMachine(b.machine)}`],
      ['Cells in both', `${pairs.length}; in A alone ${left(a, 'a')}, in B alone ${left(b, 'b')}`],
    ],
    warning:
      differences.length > 0
        ? `The runs are of different machines, so ratios are not of the software alone: ${differences.join('; ')}.`
        : undefined,
    sections: [
      {
        id: 'ratios',
        title: 'Side by side',
        content: [tableToHtml(comparisonTable(pairs, [a.name, b.name]))],
      },
      ...(charts.length > 0
        ? [{ id: 'densities', title: 'Latency densities', content: [await figures(charts)] }]
        : []),
    ],
  });
}

/** The lines above the terminal's table. */
function describeRuns(a: RunResults, b: RunResults): readonly string[] {
  const differences = machineDifferences(a.machine, b.machine);
  return [
    `A: ${a.name}, ${a.startedAt}, ${describeMachine(a.machine)}`,
    `B: ${b.name}, ${b.startedAt}, ${describeMachine(b.machine)}`,
    differences.length === 0 ? 'The machines are alike.' : `The machines differ: ${differences.join('; ')}.`,
  ];
}
