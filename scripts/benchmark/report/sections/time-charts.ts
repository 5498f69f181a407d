import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { drawLineChart, type Point } from '../charts/line-chart';
import { linearScale } from '../charts/scale';
import { type SeriesStyle } from '../charts/series-style';
import { describeLoad, dueEachSecond, groupByLoad } from '../measurements/load';
import { fileNameOf, labelOf } from './latency-charts';
import { type Chart } from './section';

type Styles = ReadonlyMap<string, SeriesStyle>;
type Second = Measurement['seconds'][number];

/** Answers over time and the 99th percentile over time, under the largest load of each profile. */
export function timeCharts(measurements: readonly Measurement[], styles: Styles): Chart[] {
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
      ...overTime(group, styles, {
        title: `Answers a second over time, ${load}`,
        label: 'answers/s',
        of: ({ answered }) => answered,
      }),
      ...overTime(group, styles, {
        title: `99th percentile of latency over time, ${load}`,
        label: 'ms',
        of: ({ p99Ms }) => p99Ms,
      }),
    ];
  });
}

interface Course {
  readonly title: string;
  readonly label: string;
  readonly of: (second: Second) => number | null;
}

function overTime(group: readonly Measurement[], styles: Styles, { title, label, of }: Course): Chart[] {
  const series = group.map((measurement) => ({
    name: labelOf(measurement),
    style: styles.get(measurement.deployment)!,
    points: measurement.seconds.flatMap((second): Point[] => {
      const y = of(second);
      return y === null ? [] : [{ x: second.at, y }];
    }),
  }));
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) return [];
  const svg = drawLineChart({
    title,
    description: `Each second of the measurement, for ${series.map(({ name }) => name).join(', ')}.`,
    x: { label: 'seconds since the start of measuring', scale: linearScale(points.map(({ x }) => x)) },
    y: { label, scale: linearScale(points.map(({ y }) => y)) },
    series,
    markers: false,
  });
  return [{ name: fileNameOf(title), title, svg }];
}
