import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { drawLineChart, type Point } from '../charts/line-chart';
import { linearScale, logScale } from '../charts/scale';
import { type SeriesStyle } from '../charts/series-style';
import { formatNumber } from '../format-number';
import { deploymentsOf, isValid } from '../measurements/load';
import { type ResourceSummary, summarizeResources } from '../measurements/resource-summary';
import { type Chart } from './section';

type Styles = ReadonlyMap<string, SeriesStyle>;

interface Quantity {
  readonly name: string;
  readonly title: string;
  readonly label: string;
  readonly of: (use: ResourceSummary) => number | null;
}

const QUANTITIES: readonly Quantity[] = [
  {
    name: 'server-cpu',
    title: 'CPU of the servers against load',
    label: 'cores',
    of: ({ serverCores }) => serverCores,
  },
  {
    name: 'balancer-cpu',
    title: 'CPU of the load balancer against load',
    label: 'cores',
    of: ({ balancerCores }) => balancerCores,
  },
  {
    name: 'network',
    title: 'Network against load, received and sent',
    label: 'MB/s',
    of: ({ networkBytesPerSecond }) => (networkBytesPerSecond === null ? null : networkBytesPerSecond / 1e6),
  },
  {
    name: 'cpu-per-answer',
    title: 'Server CPU for one answer against load',
    label: 'ms',
    of: ({ cpuMsPerAnswer }) => cpuMsPerAnswer,
  },
  {
    name: 'batch-size',
    title: 'Rows that the model runs at once against load',
    label: 'rows',
    of: ({ meanBatchSize }) => meanBatchSize,
  },
];

/** What each deployment uses over the answers that it gives a second; measurements that do not count are left out. */
export function loadCharts(measurements: readonly Measurement[], styles: Styles): Chart[] {
  const counted = measurements
    .filter((measurement) => isValid(measurement) && measurement.answersPerSecond > 0)
    .map((measurement) => ({ measurement, use: summarizeResources(measurement) }));
  return QUANTITIES.flatMap(({ name, title, label, of }) => {
    const series = deploymentsOf(counted.map(({ measurement }) => measurement))
      .map((deployment) => ({
        name: deployment,
        style: styles.get(deployment)!,
        points: counted.flatMap(({ measurement, use }): Point[] => {
          const y = of(use);
          if (measurement.deployment !== deployment || y === null) return [];
          return [{ x: measurement.answersPerSecond, y }];
        }),
      }))
      .filter(({ points }) => points.length > 0);
    if (series.length === 0) return [];
    const points = series.flatMap((one) => one.points);
    const svg = drawLineChart({
      title,
      description: series
        .map(
          (one) =>
            `${one.name}: ${one.points.map(({ x, y }) => `${formatNumber(y)} ${label} at ${formatNumber(x)}/s`).join(', ')}`,
        )
        .join('; '),
      x: { label: 'answers a second (logarithmic)', scale: logScale(points.map(({ x }) => x)) },
      y: { label, scale: linearScale(points.map(({ y }) => y)) },
      series,
    });
    return [{ name, title, svg }];
  });
}
