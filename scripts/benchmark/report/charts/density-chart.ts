import { type Distribution } from '../../../../contracts/benchmark/run-results';
import { element } from '../markup';
import { drawPlot, strokeOf } from './plot';
import { linearScale, logScale } from './scale';
import { type SeriesStyle } from './series-style';

export interface DensitySeries {
  readonly name: string;
  readonly style: SeriesStyle;
  readonly distribution: Distribution;
}

export interface DensityChart {
  readonly title: string;
  readonly description: string;
  readonly xLabel: string;
  readonly series: readonly DensitySeries[];
  /** Values that the axis has to show beside those of the series, so that charts side by side can be compared. */
  readonly alsoShow?: readonly number[];
}

/** Bins of a decade: each is a ratio of 10^(1/20), about 12 %. */
export const BINS_PER_DECADE = 20;

export interface Bin {
  /** Bounds in the unit of the values. */
  readonly from: number;
  readonly to: number;
  /** Part of all values that are in the bin, 0 to 1. */
  readonly share: number;
}

/** Shares of the values in bins of equal ratio, from the first occupied one to the last; positive values only. */
export function logBins({ buckets }: Distribution): readonly Bin[] {
  const positive = buckets.filter(([upper]) => upper > 0);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (positive.length === 0) return [];
  const counts = new Map<number, number>();
  for (const [upper, count] of positive) {
    // The bound itself belongs to the bin below it; the tolerance is for what logarithms round.
    const index = Math.ceil(Math.log10(upper) * BINS_PER_DECADE - 1e-9) - 1;
    counts.set(index, (counts.get(index) ?? 0) + count);
  }
  const first = Math.min(...counts.keys());
  const length = Math.max(...counts.keys()) - first + 1;
  return Array.from({ length }, (_, offset) => ({
    from: 10 ** ((first + offset) / BINS_PER_DECADE),
    to: 10 ** ((first + offset + 1) / BINS_PER_DECADE),
    share: (counts.get(first + offset) ?? 0) / total,
  }));
}

/** Bounds of the bins that a distribution occupies: none where it has no positive value. */
export function binBounds(distribution: Distribution): readonly number[] {
  const bins = logBins(distribution);
  return bins.length === 0 ? [] : [bins[0].from, bins[bins.length - 1].to];
}

/** Densities of several distributions over a logarithmic axis. */
export function drawDensityChart(chart: DensityChart): string {
  const drawn = chart.series
    .map((series) => ({ ...series, bins: logBins(series.distribution) }))
    .filter(({ bins }) => bins.length > 0);
  const bounds = drawn.flatMap(({ bins }) => [bins[0].from, bins[bins.length - 1].to]);
  const x = { label: chart.xLabel, scale: logScale([...bounds, ...(chart.alsoShow ?? [])]) };
  const percents = drawn.flatMap(({ bins }) => bins.map(({ share }) => share * 100));
  const y = { label: '% of answers a bin', scale: linearScale(percents) };
  const legend = drawn.map(({ name, style }) => ({ name, style, markers: false }));
  return drawPlot({ ...chart, x, y, legend, height: 200 }, (plane) =>
    drawn
      .map(({ style, bins }) => {
        const steps = bins.flatMap(({ from, to, share }) => [
          [plane.x(from), plane.y(share * 100)] as const,
          [plane.x(to), plane.y(share * 100)] as const,
        ]);
        const outline = [
          [steps[0][0], plane.bottom] as const,
          ...steps,
          [steps[steps.length - 1][0], plane.bottom] as const,
        ];
        const d = `M${outline.map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`).join('L')}`;
        return (
          element('path', { d: `${d}Z`, fill: style.colour, 'fill-opacity': 0.06 }) +
          element('path', { d, ...strokeOf(style), 'stroke-width': 1.5 })
        );
      })
      .join(''),
  );
}
