import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { formatNumber } from '../format-number';
import { deploymentsOf, isValid } from '../measurements/load';
import { formatImageTime, imageTimeOf } from '../tables/picture-table';

/** For each deployment: time for an image in the smallest batch and in the largest. */
export function pictureFindings(measurements: readonly Measurement[]): string[] {
  const counted = measurements
    .filter(isValid)
    .flatMap((measurement) => {
      const time = imageTimeOf(measurement);
      return time && measurement.batch !== null
        ? [{ deployment: measurement.deployment, measurement, batch: measurement.batch, time }]
        : [];
    })
    .sort((a, b) => a.batch - b.batch || a.measurement.clients - b.measurement.clients);
  return deploymentsOf(measurements).flatMap((deployment) => {
    const own = counted.filter((entry) => entry.deployment === deployment);
    if (own.length === 0) return [];
    const [small, large] = [own[0], own[own.length - 1]];
    const shown = ({ time }: (typeof own)[number]): string => `${formatImageTime(time)} ms`;
    if (small.batch === large.batch) {
      return `With ${deployment} an image takes ${shown(small)} in requests of ${small.batch}.`;
    }
    return `With ${deployment} an image takes ${shown(small)} in requests of ${small.batch}, and ${shown(large)} in requests of ${large.batch}: ${formatNumber(large.time.mean / small.time.mean)} times as long.`;
  });
}
