import { type Measurement } from '../../results/run-results';
import { formatNumber, formatPercent } from '../format-number';
import { compareLoads, deploymentsOf, describeLoad, dueEachSecond, isValid } from '../measurements/load';

/** A load is carried when every request that was due was sent, and all of them were answered without an error. */
export function isCarried({ counts }: Measurement): boolean {
  return counts.due > 0 && counts.answered === counts.due && counts.failed === 0 && counts.lost === 0;
}

/** For each deployment: the largest load that it carried, and the smallest one that it did not. */
export function capacityFindings(measurements: readonly Measurement[]): string[] {
  const counted = measurements.filter(isValid).filter(({ counts }) => counts.due > 0);
  return deploymentsOf(counted).map((deployment) => {
    const own = counted
      .filter((measurement) => measurement.deployment === deployment)
      .sort((a, b) => dueEachSecond(a) - dueEachSecond(b) || compareLoads(a, b));
    const carried = own.filter(isCarried).at(-1);
    const failed = own.find((measurement) => !isCarried(measurement));
    return [
      carried
        ? `${deployment} answered every request up to ${describeLoad(carried)} (${perSecond(carried)}): there with a median of ${ms(carried.fromDue.median)}, a 95th percentile of ${ms(carried.fromDue.p95)} and a maximum of ${ms(carried.fromDue.max)}.`
        : `${deployment} carried none of the loads whole.`,
      failed
        ? `At ${describeLoad(failed)} (${perSecond(failed)}) ${describeShortfall(failed)}.`
        : 'It was given no load that it did not carry.',
    ].join(' ');
  });
}

/** At the largest load that several deployments have measurements of: the lowest 95th percentile and the highest. */
export function comparisonFinding(measurements: readonly Measurement[]): string[] {
  const counted = measurements.filter((measurement) => isValid(measurement) && measurement.fromDue.count > 0);
  const groups = [...counted]
    .sort((a, b) => dueEachSecond(b) - dueEachSecond(a))
    .map((largest) => counted.filter((other) => compareLoads(other, largest) === 0));
  const shared = groups.find((group) => deploymentsOf(group).length > 1);
  if (shared === undefined) return [];
  const sorted = [...shared].sort((a, b) => a.fromDue.p95 - b.fromDue.p95);
  const [best, worst] = [sorted[0], sorted[sorted.length - 1]];
  if (best.fromDue.p95 === worst.fromDue.p95) {
    return [
      `At ${describeLoad(best)} the 95th percentile is ${ms(best.fromDue.p95)} with each of: ${deploymentsOf(shared).join(', ')}.`,
    ];
  }
  return [
    `At ${describeLoad(best)}, the largest load with more than one deployment, the 95th percentile is lowest with ${best.deployment} (${ms(best.fromDue.p95)}) and highest with ${worst.deployment} (${ms(worst.fromDue.p95)}).`,
  ];
}

function describeShortfall({ counts }: Measurement): string {
  const parts = [
    counts.failed > 0 ? `${formatPercent(counts.failed / counts.due)} of them failed` : '',
    counts.lost > 0 ? `${formatPercent(counts.lost / counts.due)} were never answered` : '',
    counts.sent < counts.due ? `${formatPercent(1 - counts.sent / counts.due)} were not sent` : '',
  ].filter((part) => part !== '');
  return parts.length > 0
    ? parts.join(', ')
    : `${formatPercent(1 - counts.answered / counts.due)} were not answered while measuring`;
}

function perSecond(measurement: Measurement): string {
  return `${formatNumber(dueEachSecond(measurement))} requests a second`;
}

function ms(value: number): string {
  return `${formatNumber(value)} ms`;
}
