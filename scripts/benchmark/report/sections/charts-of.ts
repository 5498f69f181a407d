import { type Measurement, type RunResults } from '../../../../contracts/benchmark/run-results';
import { stylesOf } from '../charts/series-style';
import { deploymentsOf } from '../measurements/load';
import { inFlightCharts, latencyCharts } from './latency-charts';
import { loadCharts } from './load-charts';
import { type Chart } from './section';
import { timeCharts } from './time-charts';

export interface TitledCharts {
  readonly id: string;
  readonly title: string;
  readonly charts: readonly Chart[];
}

/** Which profile's loads are drawn one by one, where a run has several: those that say most of a server come first. */
const DRAWN: readonly Measurement['profile'][] = [
  'fall-detection',
  'steps',
  'custom',
  'burst',
  'scratch-detection',
  'closed-loop',
];

/** The pictures that a run has measurements for. */
export function chartsOf({ measurements }: RunResults): readonly TitledCharts[] {
  const styles = stylesOf(deploymentsOf(measurements));
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
