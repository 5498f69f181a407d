import { formatNumber } from '../report/format-number';
import { describeLoad, isValid } from '../report/measurements/load';
import { summarizeResources } from '../report/measurements/resource-summary';
import { type Group, type Row, type Table } from '../report/tables/table';
import { type Measurement } from '../../../contracts/benchmark/run-results';
import { type Pair } from './pair-measurements';

interface Quantity {
  readonly title: string;
  readonly of: (measurement: Measurement) => number | null;
}

const answered = (measurement: Measurement, value: number): number | null =>
  measurement.fromDue.count > 0 ? value : null;

const QUANTITIES: readonly Quantity[] = [
  { title: 'answers/s', of: ({ answersPerSecond }) => answersPerSecond },
  { title: 'median, ms', of: (measurement) => answered(measurement, measurement.fromDue.median) },
  { title: '95th percentile, ms', of: (measurement) => answered(measurement, measurement.fromDue.p95) },
  { title: 'maximum, ms', of: (measurement) => answered(measurement, measurement.fromDue.max) },
  { title: 'CPU for an answer, ms', of: (measurement) => summarizeResources(measurement).cpuMsPerAnswer },
];

/** Every quantity of both runs, and the second run's to the first's. */
export function comparisonTable(pairs: readonly Pair[], names: readonly [a: string, b: string]): Table {
  return {
    caption: `${names[0]} (A) and ${names[1]} (B); latency from the time due`,
    columns: [
      { title: 'Load' },
      { title: 'Deployment', kind: 'name' },
      { title: 'Quantity', kind: 'name' },
      { title: 'A', kind: 'number' },
      { title: 'B', kind: 'number' },
      { title: 'B to A', kind: 'number' },
      { title: 'Remarks' },
    ],
    groups: pairs.map(toGroup),
  };
}

/** B's value in units of A's; undefined where one of them is unknown or A has none of it. */
export function ratioOf(a: number | null, b: number | null): number | undefined {
  return a === null || b === null || a === 0 ? undefined : b / a;
}

function toGroup({ a, b }: Pair): Group {
  const deployment = a.deployment === b.deployment ? a.deployment : `${a.deployment} / ${b.deployment}`;
  const remarks = [remarkOf('A', a), remarkOf('B', b)].filter((text) => text !== '').join('; ');
  const rows = QUANTITIES.map(({ title, of }) => ({ title, values: [of(a), of(b)] as const }))
    .filter(({ values }) => values.some((value) => value !== null))
    .map(({ title, values }, index): Row => {
      const ratio = ratioOf(...values);
      return {
        invalid: !isValid(a) || !isValid(b),
        cells: [
          title,
          ...values.map((value) => (value === null ? '–' : formatNumber(value))),
          ratio === undefined ? '–' : `× ${formatNumber(ratio)}`,
          index === 0 ? remarks : '',
        ],
      };
    });
  return { header: [`${a.profile}: ${describeLoad(a)}`, deployment], rows };
}

function remarkOf(run: string, { invalid }: Measurement): string {
  return invalid.length === 0 ? '' : `${run} does not count: ${invalid.join(', ')}`;
}
