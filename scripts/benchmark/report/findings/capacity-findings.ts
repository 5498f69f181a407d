import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { formatNumber, formatPercent } from '../format-number';
import { compareLoads, deploymentsOf, describeLoad, dueEachSecond, isValid } from '../measurements/load';

/** A load is carried when every request that was due was sent, and all of them were answered without an error. */
export function isCarried({ counts }: Measurement): boolean {
  return counts.due > 0 && counts.answered === counts.due && counts.failed === 0 && counts.lost === 0;
}

/** For each deployment: the largest load that it carried, and the smallest one that it did not. */
export function capacityFindings(measurements: readonly Measurement[]): string[] {
  const scheduled = measurements.filter(({ counts }) => counts.due > 0);
  return deploymentsOf(scheduled.filter(isValid)).map((deployment) => {
    const own = scheduled
      .filter((measurement) => measurement.deployment === deployment)
      .sort((a, b) => dueEachSecond(a) - dueEachSecond(b) || compareLoads(a, b));
    const counted = own.filter(isValid);
    const carried = counted.filter(isCarried).at(-1);
    const failed = counted.find((measurement) => !isCarried(measurement));
    return [
      carried
        ? `The largest load of which ${deployment} answered every request is ${describeLoad(carried)} (${perSecond(carried)}), with a median of ${ms(carried.fromDue.median)}, a 95th percentile of ${ms(carried.fromDue.p95)} and a maximum of ${ms(carried.fromDue.max)}.`
        : `There is no load of which ${deployment} answered every request.`,
      describeBeyond(carried, failed, own),
    ].join(' ');
  });
}

/** What became of the loads that were not carried, or why there are none. */
function describeBeyond(
  carried: Measurement | undefined,
  failed: Measurement | undefined,
  own: readonly Measurement[],
): string {
  if (failed) return `At ${describeLoad(failed)} (${perSecond(failed)}) ${describeShortfall(failed)}.`;
  if (carried === own.at(-1)) return 'No larger one was tried.';
  return 'Measurements of larger ones do not count.';
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
    counts.failed > 0 ? `${formatPercent(counts.failed / counts.due)} of the requests failed` : '',
    counts.lost > 0 ? `${formatPercent(counts.lost / counts.due)} of the requests were never answered` : '',
    counts.sent < counts.due
      ? `${formatPercent(1 - counts.sent / counts.due)} of the requests were not sent`
      : '',
  ].filter((part) => part !== '');
  return parts.length > 0
    ? parts.join(', ')
    : `${formatPercent(1 - counts.answered / counts.due)} of the requests were not answered`;
}

function perSecond(measurement: Measurement): string {
  return `${formatNumber(dueEachSecond(measurement))} requests a second`;
}

function ms(value: number): string {
  return `${formatNumber(value)} ms`;
}
