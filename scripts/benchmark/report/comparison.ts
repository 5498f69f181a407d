import { type Machine, type Measurement, type RunResults } from '../../../contracts/benchmark/run-results';
import { formatBytes, formatNumber } from './format';
import { compareLoads, deploymentsOf, describeLoad, isValid, loadKey } from './load';
import { summarizeResources } from './resource-summary';
import { type Group, type Row, type Table } from './table';

export interface Pair {
  readonly a: Measurement;
  readonly b: Measurement;
}

class ComparisonError extends Error {
  override readonly name = 'ComparisonError';
}

/**
 * The cells of both runs: the same load of the same deployment, small loads first. Single deployments are compared whatever
 * their names. Repeated measurements are paired in order.
 * @throws ComparisonError without a common cell.
 */
export function pairMeasurements(a: RunResults, b: RunResults): readonly Pair[] {
  const [ofA, ofB] = [a, b].map(({ measurements }) => deploymentsOf(measurements));
  const byLoadAlone = ofA.length === 1 && ofB.length === 1;
  const keyOf = (measurement: Measurement): string =>
    byLoadAlone ? loadKey(measurement) : `${measurement.deployment}/${loadKey(measurement)}`;
  const waiting = new Map<string, Measurement[]>();
  for (const measurement of b.measurements) {
    const key = keyOf(measurement);
    waiting.set(key, [...(waiting.get(key) ?? []), measurement]);
  }
  const pairs = a.measurements.flatMap((measurement): Pair[] => {
    const partner = waiting.get(keyOf(measurement))?.shift();
    return partner ? [{ a: measurement, b: partner }] : [];
  });
  if (pairs.length > 0) return pairs.sort((one, other) => compareLoads(one.a, other.a));
  throw new ComparisonError(
    `the runs have no cell in common: '${a.name}' has ${describeCells(a)}; '${b.name}' has ${describeCells(b)}`,
  );
}

const SHOWN = 6;

function describeCells({ measurements }: RunResults): string {
  if (measurements.length === 0) return 'no measurement';
  const names = measurements.map((one) => `${one.deployment} (${one.profile}, ${describeLoad(one)})`);
  const cells = [...new Set(names)];
  const more = cells.length > SHOWN ? ` and ${cells.length - SHOWN} more` : '';
  return cells.slice(0, SHOWN).join(', ') + more;
}

const latency = (key: 'median' | 'p95' | 'max') => (measurement: Measurement) =>
  measurement.fromDue.count > 0 ? measurement.fromDue[key] : null;

const QUANTITIES: Readonly<Record<string, (measurement: Measurement) => number | null>> = {
  'answers/s': ({ answersPerSecond }) => answersPerSecond,
  'median, ms': latency('median'),
  '95th percentile, ms': latency('p95'),
  'maximum, ms': latency('max'),
  'CPU for an answer, ms': (measurement) => summarizeResources(measurement).cpuMsPerAnswer,
};

export function comparisonTable(pairs: readonly Pair[], names: readonly [a: string, b: string]): Table {
  return {
    caption: `${names[0]} (A) and ${names[1]} (B); latency from the time due`,
    columns: [
      { title: 'Load' },
      ...['Deployment', 'Quantity'].map((title) => ({ title, kind: 'name' as const })),
      ...['A', 'B', 'B to A'].map((title) => ({ title, kind: 'number' as const })),
      { title: 'Remarks' },
    ],
    groups: pairs.map(toGroup),
  };
}

/** B / A; undefined where one is unknown or A is 0. */
export function ratioOf(a: number | null, b: number | null): number | undefined {
  return a === null || b === null || a === 0 ? undefined : b / a;
}

function toGroup({ a, b }: Pair): Group {
  const deployment = a.deployment === b.deployment ? a.deployment : `${a.deployment} / ${b.deployment}`;
  const remarks = [remarkOf('A', a), remarkOf('B', b)].filter((text) => text !== '').join('; ');
  const rows = Object.entries(QUANTITIES)
    .map(([title, of]) => ({ title, values: [of(a), of(b)] as const }))
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

const PROPERTIES: Readonly<Record<string, (machine: Machine) => string>> = {
  processor: ({ cpu }) => cpu,
  cores: ({ cores }) => String(cores),
  memory: ({ memoryBytes }) => formatBytes(memoryBytes),
  system: ({ system }) => system,
  Node: ({ node }) => node,
};

/** The differences of two machines, as a reader sees them: rounded memory may be equal. */
export function machineDifferences(a: Machine, b: Machine): readonly string[] {
  return Object.entries(PROPERTIES)
    .filter(([, of]) => of(a) !== of(b))
    .map(([name, of]) => `${name}: A has ${of(a)}, B has ${of(b)}`);
}
