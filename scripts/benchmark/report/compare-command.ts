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

async function renderComparison(a: RunResults, b: RunResults, pairs: readonly Pair[]): Promise<string> {
  const differences = machineDifferences(a.machine, b.machine).join('; ');
  const alone = (run: RunResults, own: keyof Pair): number =>
    run.measurements.filter((measurement) => !pairs.some((pair) => pair[own] === measurement)).length;
  const charts = pairs
    .filter(({ a, b }) => a.fromDue.count > 0 && b.fromDue.count > 0)
    .map(({ a, b }) =>
      densityChart(`Latency, ${a.profile}, ${describeLoad(a)}, ${a.deployment}`, [
        { name: 'A', index: 0, distribution: a.fromDue },
        { name: 'B', index: 1, distribution: b.fromDue },
      ]),
    );
  const ratios = tableToHtml(comparisonTable(pairs, [a.name, b.name]));
  return renderPage({
    title: a.name === b.name ? `Benchmark: two runs of ${a.name}` : `Benchmark: ${a.name} and ${b.name}`,
    facts: [
      ['A', describeRun(a)],
      ['B', describeRun(b)],
      ['Cells in both', `${pairs.length}; in A alone ${alone(a, 'a')}, in B alone ${alone(b, 'b')}`],
    ],
    warning:
      differences === ''
        ? undefined
        : `The runs are of different machines, so ratios are not of the software alone: ${differences}.`,
    sections: [
      { id: 'ratios', title: 'Side by side', content: [ratios] },
      {
        id: 'densities',
        title: 'Latency densities',
        content: charts.length > 0 ? [await figures(charts)] : [],
      },
    ].filter(({ content }) => content.length > 0),
  });
}

function describeRun({ name, startedAt, machine }: RunResults): string {
  return `${name}, ${startedAt}, ${describeMachine(machine)}`;
}

function describeRuns(a: RunResults, b: RunResults): readonly string[] {
  const differences = machineDifferences(a.machine, b.machine).join('; ');
  const machines = differences === '' ? 'The machines are alike.' : `The machines differ: ${differences}.`;
  return [`A: ${describeRun(a)}`, `B: ${describeRun(b)}`, machines];
}
