import { type Measurement, type RunResults } from '../../../contracts/benchmark/run-results';
import { type Chart, fileNameOf, logAxis, markerOf, seriesChannels } from './chart';
import { boundsOf, densityChart } from './density-chart';
import { formatNumber } from './format';
import { deploymentsOf, describeLoad, dueEachSecond, groupByLoad, isValid } from './load';
import { type ResourceSummary, summarizeResources } from './resource-summary';

interface TitledCharts {
  readonly id: string;
  readonly title: string;
  readonly charts: readonly Chart[];
}

/** Where a run has several profiles, the loads of the first one in this list are drawn one by one. */
const DRAWN: readonly Measurement['profile'][] = [
  'fall-detection',
  'steps',
  'custom',
  'burst',
  'scratch-detection',
  'closed-loop',
];

/** Index by deployment: a deployment looks the same in every picture. */
type Styles = ReadonlyMap<string, number>;

/** The pictures that a run has measurements for. */
export function chartsOf({ measurements }: RunResults): readonly TitledCharts[] {
  const styles = new Map(deploymentsOf(measurements).map((name, index) => [name, index]));
  const drawn = DRAWN.map((name) => measurements.filter(({ profile }) => profile === name)).find(
    ({ length }) => length > 0,
  );
  if (drawn === undefined) return [];
  return [
    { id: 'densities', title: 'Latency densities', charts: latencyCharts(drawn, styles) },
    { id: 'in-flight', title: 'Requests in flight', charts: inFlightCharts(drawn, styles) },
    { id: 'load', title: 'CPU and network against load', charts: loadCharts(drawn, styles) },
    { id: 'over-time', title: 'Over time', charts: timeCharts(measurements, styles) },
  ].filter(({ charts }) => charts.length > 0);
}

/** For each load the latencies of all deployments; all loads share one axis. */
function latencyCharts(measurements: readonly Measurement[], styles: Styles): Chart[] {
  const answered = measurements.filter(({ fromDue }) => fromDue.count > 0);
  const bounds = boundsOf(answered.map(({ fromDue }) => fromDue));
  return groupByLoad(answered).map((group) =>
    densityChart(
      `Latency, ${describeLoad(group[0])}`,
      group.map((measurement) => ({
        name: labelOf(measurement),
        index: styles.get(measurement.deployment)!,
        distribution: measurement.fromDue,
      })),
      bounds,
    ),
  );
}

/** Fits a printed page. */
const ROWS_A_CHART = 20;

/** Requests in flight of every measurement, a row each; the rows of one load stay together. */
function inFlightCharts(measurements: readonly Measurement[], styles: Styles): Chart[] {
  const charts: Measurement[][] = [];
  for (const group of groupByLoad(measurements.filter(({ inFlight }) => inFlight.count > 0))) {
    const last = charts.at(-1);
    if (last !== undefined && last.length + group.length <= ROWS_A_CHART) last.push(...group);
    else charts.push([...group]);
  }
  return charts.map((rows, index) => boxChart(rows, styles, index, charts.length));
}

/**
 * A row a distribution: a thin line from the 5th percentile to the maximum, which has a cross; a light box from the 5th to
 * the 95th, a darker one from the 25th to the 75th, a thick line at the median.
 */
function boxChart(rows: readonly Measurement[], styles: Styles, index: number, of: number): Chart {
  const figures = rows.map(
    (measurement) =>
      `${describeLoad(measurement)}, ${labelOf(measurement)}: median ${formatNumber(measurement.inFlight.median)}, maximum ${formatNumber(measurement.inFlight.max)}`,
  );
  const values = rows.map((measurement) => {
    const { p5, p25, median, p75, p95, max } = measurement.inFlight;
    const ends = Object.entries({ p5, p25, median, p75, p95, max });
    return {
      row: `${shortLoad(measurement)} ${labelOf(measurement)}`,
      series: measurement.deployment,
      ...Object.fromEntries(ends.map(([name, value]) => [name, Math.max(1, value)])),
    };
  });
  const { color } = seriesChannels(styles);
  const extremes = rows.flatMap(({ inFlight: { p5, max } }) => [Math.max(1, p5), Math.max(1, max)]);
  const from = (field: string) => logAxis(field, 'requests in flight (logarithmic, from 1)', extremes);
  const box = (start: string, end: string, size: number, fillOpacity: number) => ({
    mark: { type: 'bar' as const, size, fillOpacity, strokeWidth: 1 },
    encoding: {
      x: from(start),
      x2: { field: end },
      color: { ...color, legend: null },
      stroke: { ...color, legend: null },
    },
  });
  return {
    name: of === 1 ? 'in-flight' : `in-flight-${index + 1}`,
    title: `Requests in flight when one is sent${of === 1 ? '' : `, part ${index + 1} of ${of}`}`,
    description: figures.join('; '),
    plot: {
      data: { values },
      height: rows.length * 26,
      encoding: { y: { field: 'row', type: 'nominal', sort: null, title: null } },
      layer: [
        { mark: { type: 'rule', color: '#000' }, encoding: { x: from('p5'), x2: { field: 'max' } } },
        box('p5', 'p95', 8, 0.15),
        box('p25', 'p75', 14, 0.4),
        { mark: { type: 'tick', color: '#000', thickness: 2.5, size: 16 }, encoding: { x: from('median') } },
        {
          mark: { type: 'point', shape: 'M-1,-1L1,1M-1,1L1,-1', size: 30, strokeWidth: 2 },
          encoding: { x: from('max'), color: { ...color, legend: null } },
        },
      ],
    },
  };
}

/** File name, title, unit, and the value of a measurement. */
type Quantity = readonly [
  name: string,
  title: string,
  unit: string,
  of: (use: ResourceSummary) => number | null,
];

const megabytes = (bytes: number | null): number | null => (bytes === null ? null : bytes / 1e6);

const QUANTITIES: readonly Quantity[] = [
  ['server-cpu', 'CPU of the servers against load', 'cores', (use) => use.serverCores],
  ['balancer-cpu', 'CPU of the load balancer against load', 'cores', (use) => use.balancerCores],
  [
    'network',
    'Network against load, received and sent',
    'MB/s',
    (use) => megabytes(use.networkBytesPerSecond),
  ],
  ['cpu-per-answer', 'Server CPU for one answer against load', 'ms', (use) => use.cpuMsPerAnswer],
  ['batch-size', 'Rows that the model runs at once against load', 'rows', (use) => use.meanBatchSize],
];

/** Resources of each deployment over answers a second, without measurements that do not count. */
function loadCharts(measurements: readonly Measurement[], styles: Styles): Chart[] {
  const counted = measurements
    .filter((measurement) => isValid(measurement) && measurement.answersPerSecond > 0)
    .map((measurement) => ({ measurement, use: summarizeResources(measurement) }));
  return QUANTITIES.flatMap(([name, title, unit, of]) => {
    const points = counted.flatMap(({ measurement: { deployment, answersPerSecond }, use }) => {
      const y = of(use);
      return y === null ? [] : [{ series: deployment, x: answersPerSecond, y }];
    });
    if (points.length === 0) return [];
    const description = points.map(
      ({ series, x, y }) => `${series}: ${formatNumber(y)} ${unit} at ${formatNumber(x)}/s`,
    );
    return lineChart({ name, title, description: description.join('; ') }, points, styles, {
      x: logAxis(
        'x',
        'answers a second (logarithmic)',
        points.map(({ x }) => x),
      ),
      unit,
      point: true,
    });
  });
}

/** Answers over time and the 99th percentile over time, under the largest load of each profile. */
function timeCharts(measurements: readonly Measurement[], styles: Styles): Chart[] {
  const sampled = measurements.filter(({ seconds }) => seconds.length > 1);
  const largest = new Map<string, readonly Measurement[]>();
  for (const group of groupByLoad(sampled)) {
    const { profile } = group[0];
    const known = largest.get(profile);
    if (known === undefined || dueEachSecond(group[0]) >= dueEachSecond(known[0]))
      largest.set(profile, group);
  }
  return [...largest].flatMap(([profile, group]) => {
    const load = `${profile}, ${describeLoad(group[0])}`;
    return [
      ...overTime(
        `Answers a second over time, ${load}`,
        'answers/s',
        group,
        styles,
        ({ answered }) => answered,
      ),
      ...overTime(`99th percentile of latency over time, ${load}`, 'ms', group, styles, ({ p99Ms }) => p99Ms),
    ];
  });
}

function overTime(
  title: string,
  unit: string,
  group: readonly Measurement[],
  styles: Styles,
  of: (second: Measurement['seconds'][number]) => number | null,
): Chart[] {
  const labels = new Map(
    group.map((measurement) => [labelOf(measurement), styles.get(measurement.deployment)!]),
  );
  const points = group.flatMap((measurement) =>
    measurement.seconds.map((second) => ({ series: labelOf(measurement), x: second.at, y: of(second) })),
  );
  if (points.every(({ y }) => y === null)) return [];
  const description = `Each second of the measurement, for ${[...labels.keys()].join(', ')}.`;
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    title: 'seconds since the start of measuring',
    axis: { tickMinStep: 1 },
  };
  return [
    lineChart({ name: fileNameOf(title), title, description }, points, labels, { x, unit, point: false }),
  ];
}

interface LineOptions {
  readonly x: ReturnType<typeof logAxis> | { readonly field: string; readonly type: 'quantitative' };
  /** Of the other axis. */
  readonly unit: string;
  /** Whether every point has a marker; a series of a single point always has. */
  readonly point: boolean;
}

function lineChart(
  texts: Pick<Chart, 'name' | 'title' | 'description'>,
  points: readonly { readonly series: string; readonly x: number; readonly y: number | null }[],
  indexes: ReadonlyMap<string, number>,
  { x, unit, point }: LineOptions,
): Chart {
  const known = points.filter(({ y }) => y !== null);
  const names = [...indexes].filter(([name]) => known.some(({ series }) => series === name));
  const { color, strokeDash } = seriesChannels(new Map(names));
  const isSingle = (name: string): boolean => known.filter(({ series }) => series === name).length === 1;
  const marked = known
    .filter(({ series }) => point || isSingle(series))
    .map((one) => ({ ...one, marker: markerOf(indexes.get(one.series)!) }));
  return {
    ...texts,
    plot: {
      data: { values: known },
      height: 240,
      encoding: {
        x,
        y: {
          ...{ field: 'y', type: 'quantitative', title: unit },
          ...{ scale: { zero: true, nice: 5 }, axis: { tickCount: 5 } },
        },
        color,
      },
      layer: [
        { mark: { type: 'line', strokeWidth: 2 }, encoding: { strokeDash } },
        {
          data: { values: marked },
          mark: { type: 'point', filled: true, size: 50, opacity: 1 },
          encoding: { shape: { field: 'marker', scale: null } },
        },
      ],
    },
  };
}

/** A deployment's name, with a mark where its measurement does not count. */
function labelOf(measurement: Measurement): string {
  return isValid(measurement) ? measurement.deployment : `${measurement.deployment} (invalid)`;
}

function shortLoad({ clients, devices, batch, load }: Measurement): string {
  return [String(clients), devices, batch, load]
    .filter((part) => part !== null && part !== undefined)
    .join('×');
}
