import { type Distribution } from '../../../contracts/benchmark/run-results';
import { type Chart, fileNameOf, logAxis, seriesChannels } from './chart';
import { formatNumber } from './format';

interface DensitySeries {
  readonly name: string;
  /** Decides how the series looks. */
  readonly index: number;
  readonly distribution: Distribution;
}

/**
 * Densities of latencies over a logarithmic axis.
 * @param bounds of the axis, in milliseconds
 */
export function densityChart(
  title: string,
  all: readonly DensitySeries[],
  bounds = boundsOf(all.map(({ distribution }) => distribution)),
): Chart {
  const series = all.filter(({ distribution }) => logBins(distribution).length > 0);
  const medians = series.map(({ name, distribution: { median } }) => `${name} ${formatNumber(median)} ms`);
  const values = series.flatMap(({ name, distribution }) => {
    const bins = logBins(distribution);
    return [
      { series: name, ms: bins[0].from, percent: 0 },
      ...bins.map(({ from, share }) => ({ series: name, ms: from, percent: share * 100 })),
      { series: name, ms: bins.at(-1)!.to, percent: 0 },
    ];
  });
  const { color, strokeDash } = seriesChannels(new Map(series.map(({ name, index }) => [name, index])));
  return {
    name: fileNameOf(title),
    title,
    description: `Distribution of latency on a logarithmic axis. Medians: ${medians.join(', ')}.`,
    plot: {
      data: { values },
      height: 200,
      encoding: {
        x: { ...logAxis('ms', 'milliseconds from the time due (logarithmic)', bounds), sort: null },
        y: {
          ...{ field: 'percent', type: 'quantitative', title: '% of answers a bin' },
          ...{ stack: null, scale: { nice: 5 }, axis: { tickCount: 5 } },
        },
        color,
      },
      layer: [
        { mark: { type: 'area', interpolate: 'step-after', fillOpacity: 0.06 } },
        { mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.5 }, encoding: { strokeDash } },
      ],
    },
  };
}

/** Bins of a decade: each is a ratio of 10^(1/20), about 12 %. */
export const BINS_PER_DECADE = 20;

interface Bin {
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

/** From the first bin that one of them occupies to the last. */
export function boundsOf(distributions: readonly Distribution[]): number[] {
  const bins = distributions.flatMap(logBins);
  return bins.length === 0
    ? [1, 10]
    : [Math.min(...bins.map(({ from }) => from)), Math.max(...bins.map(({ to }) => to))];
}
