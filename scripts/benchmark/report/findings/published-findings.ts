import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { formatNumber } from '../format-number';
import { describeLoad, isValid, loadKey } from '../measurements/load';
import { PUBLISHED_FIGURES, type PublishedFigure } from '../published-figures';

/** What was published of a load, and what this run has to set beside it; machines differ, so nothing is concluded. */
export function publishedFindings(measurements: readonly Measurement[]): string[] {
  const loads = [...new Set(PUBLISHED_FIGURES.map((figure) => loadKey({ ...figure, batch: null })))];
  return loads.map((key) => {
    const figures = PUBLISHED_FIGURES.filter((figure) => loadKey({ ...figure, batch: null }) === key);
    const ours = measurements.filter((measurement) => loadKey(measurement) === key);
    const load = describeLoad({ ...figures[0], batch: null });
    const published = `Published for ${load}: ${figures.map(describePublished).join('; ')}.`;
    if (ours.length === 0) return `${published} This run has no measurement of that load.`;
    const counted = ours.filter((measurement) => isValid(measurement) && measurement.fromDue.count > 0);
    if (counted.length === 0) return `${published} This run's measurements of that load do not count.`;
    const own = counted.map(
      ({ deployment, fromDue }) =>
        `${deployment}, median ${formatNumber(fromDue.median)}, 95th percentile ${formatNumber(fromDue.p95)}, maximum ${formatNumber(fromDue.max)} ms`,
    );
    return `${published} This run: ${own.join('; ')}. The machines are different ones, so the figures say what each of them did and not which software is faster.`;
  });
}

function describePublished({ deployment, latency, outcome }: PublishedFigure): string {
  if (latency === undefined) return `${deployment} ${outcome ?? 'without figures'}`;
  const { median, p95, max } = latency;
  return `${deployment}, median ${formatNumber(median)}, 95th percentile ${formatNumber(p95)}, maximum ${formatNumber(max)} ms`;
}
