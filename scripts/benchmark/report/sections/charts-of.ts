import { type RunResults } from '../../results/run-results';
import { stylesOf } from '../charts/series-style';
import { deploymentsOf } from '../measurements/load';
import { inFlightChart, latencyCharts } from './latency-charts';
import { loadCharts } from './load-charts';
import { type Chart } from './section';
import { timeCharts } from './time-charts';

export interface TitledCharts {
  readonly id: string;
  readonly title: string;
  readonly charts: readonly Chart[];
}

/** The pictures that a run has measurements for. */
export function chartsOf({ measurements }: RunResults): readonly TitledCharts[] {
  const styles = stylesOf(deploymentsOf(measurements));
  const fall = measurements.filter(({ profile }) => profile === 'fall-detection');
  return [
    { id: 'densities', title: 'Latency densities', charts: latencyCharts(fall, styles) },
    { id: 'in-flight', title: 'Requests in flight', charts: inFlightChart(fall, styles) },
    { id: 'load', title: 'CPU and network against load', charts: loadCharts(fall, styles) },
    { id: 'over-time', title: 'Over time', charts: timeCharts(measurements, styles) },
  ].filter(({ charts }) => charts.length > 0);
}
