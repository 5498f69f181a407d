import { seriesStyle } from '../report/charts/series-style';
import { drawDensityChart } from '../report/charts/density-chart';
import { describeMachine } from '../report/measurements/describe-machine';
import { describeLoad } from '../report/measurements/load';
import { renderPage } from '../report/page';
import { type Section } from '../report/sections/section';
import { figures as figureGrid } from '../report/sections/sections';
import { tableToHtml } from '../report/tables/table';
import { type RunResults } from '../../../contracts/benchmark/run-results';
import { comparisonTable } from './comparison-table';
import { machineDifferences } from './machine-differences';
import { type Pair } from './pair-measurements';

/** Two runs side by side as an HTML document that needs nothing but itself. */
export function renderComparison(a: RunResults, b: RunResults, pairs: readonly Pair[]): string {
  const differences = machineDifferences(a.machine, b.machine);
  const left = (run: RunResults, own: 'a' | 'b'): number =>
    run.measurements.filter((measurement) => !pairs.some((pair) => pair[own] === measurement)).length;
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
      densities(pairs),
    ].filter(({ content }) => content.length > 0),
  });
}

function densities(pairs: readonly Pair[]): Section {
  const figures = pairs
    .filter(({ a, b }) => a.fromDue.count > 0 && b.fromDue.count > 0)
    .map(({ a, b }) =>
      drawDensityChart({
        title: `Latency, ${a.profile}, ${describeLoad(a)}, ${a.deployment}`,
        description: `Distributions of latency of both runs on a logarithmic axis. Medians: A ${a.fromDue.median} ms, B ${b.fromDue.median} ms.`,
        xLabel: 'milliseconds from the time due (logarithmic)',
        series: [
          { name: 'A', style: seriesStyle(0), distribution: a.fromDue },
          { name: 'B', style: seriesStyle(1), distribution: b.fromDue },
        ],
      }),
    );
  return {
    id: 'densities',
    title: 'Latency densities',
    content: figures.length > 0 ? [figureGrid(figures)] : [],
  };
}

/** The sentences above the terminal's table. */
export function describeRuns(a: RunResults, b: RunResults): readonly string[] {
  const differences = machineDifferences(a.machine, b.machine);
  return [
    `A: ${a.name}, ${a.startedAt}, ${describeMachine(a.machine)}`,
    `B: ${b.name}, ${b.startedAt}, ${describeMachine(b.machine)}`,
    differences.length === 0 ? 'The machines are alike.' : `The machines differ: ${differences.join('; ')}.`,
  ];
}
