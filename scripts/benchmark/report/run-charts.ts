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
  ...(['fall-detection', 'steps', 'custom', 'burst', 'scratch-detection', 'closed-loop'] as const),
];

/** Index by deployment: a deployment looks the same in every picture. */
type Styles = ReadonlyMap<string, number>;

export function chartsOf({ measurements }: RunResults): readonly TitledCharts[] {
  const styles = new Map(deploymentsOf(measurements).map((name, index) => [name, index]));
  const shown = DRAWN.find((name) => measurements.some(({ profile }) => profile === name));
  const drawn = measurements.filter(({ profile }) => profile === shown);
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
  return groupByLoad(answered).map((group) => {
    const series = group.map((measurement) => ({
      name: labelOf(measurement),
      index: styles.get(measurement.deployment)!,
      distribution: measurement.fromDue,
    }));
    return densityChart(`Latency, ${describeLoad(group[0])}`, series, bounds);
  });
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
  return charts.map((rows, index) => {
    const [suffix, part] =
      charts.length === 1 ? ['', ''] : [`-${index + 1}`, `, part ${index + 1} of ${charts.length}`];
    return boxChart(`in-flight${suffix}`, `Requests in flight when one is sent${part}`, rows, styles);
  });
}

/**
 * A row a distribution: a thin line from the 5th percentile to the maximum, which has a cross; a light box from the 5th to
 * the 95th, a darker one from the 25th to the 75th, a thick line at the median.
 */
function boxChart(name: string, title: string, rows: readonly Measurement[], styles: Styles): Chart {
  const description = rows.map((measurement) => {
    const { median, max } = measurement.inFlight;
    return `${describeLoad(measurement)}, ${labelOf(measurement)}: median ${formatNumber(median)}, maximum ${formatNumber(max)}`;
  });
  const values = rows.map((measurement) => {
    const { p5, p25, median, p75, p95, max } = measurement.inFlight;
    const ends = Object.entries({ p5, p25, median, p75, p95, max });
    return {
      row: `${shortLoad(measurement)} ${labelOf(measurement)}`,
      series: measurement.deployment,
      // The axis is logarithmic.
      ...(Object.fromEntries(ends.map(([end, value]) => [end, Math.max(1, value)])) as Record<
        'p5' | 'max',
        number
      >),
    };
  });
  const extremes = values.flatMap(({ p5, max }) => [p5, max]);
  const x = (field: string) => logAxis(field, 'requests in flight (logarithmic, from 1)', extremes);
  const color = { ...seriesChannels(styles).color, legend: null };
  const box = (start: string, end: string, size: number, fillOpacity: number) => ({
    mark: { type: 'bar' as const, size, fillOpacity, strokeWidth: 1 },
    encoding: { x: x(start), x2: { field: end }, color, stroke: color },
  });
  return {
    ...{ name, title, description: description.join('; ') },
    plot: {
      data: { values },
      height: rows.length * 26,
      encoding: { y: { field: 'row', type: 'nominal', sort: null, title: null } },
      layer: [
        { mark: { type: 'rule', color: '#000' }, encoding: { x: x('p5'), x2: { field: 'max' } } },
        box('p5', 'p95', 8, 0.15),
        box('p25', 'p75', 14, 0.4),
        { mark: { type: 'tick', color: '#000', thickness: 2.5, size: 16 }, encoding: { x: x('median') } },
        {
          mark: { type: 'point', shape: 'M-1,-1L1,1M-1,1L1,-1', size: 30, strokeWidth: 2 },
          encoding: { x: x('max'), color },
        },
      ],
    },
  };
}

const AGAINST_LOAD: readonly {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly of: keyof ResourceSummary;
  /** What the value is divided by. @default 1 */
  readonly by?: number;
}[] = [
  { name: 'server-cpu', title: 'CPU of the servers against load', unit: 'cores', of: 'serverCores' },
  {
    name: 'balancer-cpu',
    title: 'CPU of the load balancer against load',
    unit: 'cores',
    of: 'balancerCores',
  },
  {
    name: 'network',
    title: 'Network against load, received and sent',
    unit: 'MB/s',
    of: 'networkBytesPerSecond',
    by: 1e6,
  },
  {
    name: 'cpu-per-answer',
    title: 'Server CPU for one answer against load',
    unit: 'ms',
    of: 'cpuMsPerAnswer',
  },
  {
    name: 'batch-size',
    title: 'Rows that the model runs at once against load',
    unit: 'rows',
    of: 'meanBatchSize',
  },
];

/** Resources of each deployment over answers a second, without measurements that do not count. */
function loadCharts(measurements: readonly Measurement[], styles: Styles): Chart[] {
  const counted = measurements.filter((one) => isValid(one) && one.answersPerSecond > 0);
  return AGAINST_LOAD.flatMap(({ name, title, unit, of, by = 1 }) => {
    const points = counted.flatMap((measurement) => {
      const y = summarizeResources(measurement)[of];
      const { deployment: series, answersPerSecond: x } = measurement;
      return y === null ? [] : [{ series, x, y: y / by }];
    });
    const description = points.map(
      ({ series, x, y }) => `${series}: ${formatNumber(y)} ${unit} at ${formatNumber(x)}/s`,
    );
    const rates = points.map(({ x }) => x);
    return lineChart({
      ...{ name, title, unit, points, styles, markers: true },
      description: description.join('; '),
      x: logAxis('x', 'answers a second (logarithmic)', rates),
    });
  });
}

const OVER_TIME: readonly {
  readonly title: string;
  readonly unit: string;
  readonly of: 'answered' | 'p99Ms';
}[] = [
  { title: 'Answers a second over time', unit: 'answers/s', of: 'answered' },
  { title: '99th percentile of latency over time', unit: 'ms', of: 'p99Ms' },
];

/** Every second of the measurements under the largest load of each profile. */
function timeCharts(measurements: readonly Measurement[], styles: Styles): Chart[] {
  const largest = new Map<string, readonly Measurement[]>();
  for (const group of groupByLoad(measurements.filter(({ seconds }) => seconds.length > 1))) {
    const [first] = group;
    const [known = first] = largest.get(first.profile) ?? [];
    if (dueEachSecond(first) >= dueEachSecond(known)) largest.set(first.profile, group);
  }
  return [...largest].flatMap(([profile, group]) => {
    const labels = new Map(group.map((one) => [labelOf(one), styles.get(one.deployment)!]));
    return OVER_TIME.flatMap(({ title: quantity, unit, of }) => {
      const title = `${quantity}, ${profile}, ${describeLoad(group[0])}`;
      const points = group.flatMap((measurement) =>
        measurement.seconds.flatMap(({ at, [of]: y }) =>
          y === null ? [] : [{ series: labelOf(measurement), x: at, y }],
        ),
      );
      return lineChart({
        ...{ name: fileNameOf(title), title, unit, points, styles: labels, markers: false },
        description: `Each second of the measurement, for ${[...labels.keys()].join(', ')}.`,
        x: {
          ...{ field: 'x', type: 'quantitative', title: 'seconds since the start of measuring' },
          axis: { tickMinStep: 1 },
        },
      });
    });
  });
}

interface Lines extends Omit<Chart, 'plot'> {
  readonly x: Omit<ReturnType<typeof logAxis>, 'scale' | 'axis'> & { readonly axis: object };
  /** Of the other axis. */
  readonly unit: string;
  readonly points: readonly { readonly series: string; readonly x: number; readonly y: number }[];
  /** Index by series. */
  readonly styles: Styles;
  /** Whether every point has a marker; a series of a single point always has. */
  readonly markers: boolean;
}

/** One chart, or none where there are no points. */
function lineChart({ x, unit, points, styles, markers, ...texts }: Lines): Chart[] {
  if (points.length === 0) return [];
  const counts = new Map<string, number>();
  for (const { series } of points) counts.set(series, (counts.get(series) ?? 0) + 1);
  const { color, strokeDash } = seriesChannels(new Map([...styles].filter(([name]) => counts.has(name))));
  const marked = points
    .filter(({ series }) => markers || counts.get(series) === 1)
    .map((point) => ({ ...point, marker: markerOf(styles.get(point.series)!) }));
  return [
    {
      ...texts,
      plot: {
        data: { values: [...points] },
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
    },
  ];
}

/** A deployment's name, with a mark where its measurement does not count. */
function labelOf(measurement: Measurement): string {
  return isValid(measurement) ? measurement.deployment : `${measurement.deployment} (invalid)`;
}

function shortLoad({ clients, devices, batch, load }: Measurement): string {
  return [clients, devices, batch, load].filter((part) => (part ?? null) !== null).join('×');
}
