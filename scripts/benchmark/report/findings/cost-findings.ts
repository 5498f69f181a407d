import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { formatNumber } from '../format-number';
import { deploymentsOf, describeLoad, isValid } from '../measurements/load';
import { summarizeResources } from '../measurements/resource-summary';

/** Changes below this part of the first value are called none. */
const SAME = 0.05;

/** For each deployment: the server's CPU for an answer under the smallest and the largest load. */
export function costFindings(measurements: readonly Measurement[]): string[] {
  const counted = measurements
    .filter(isValid)
    .map((measurement) => ({ measurement, use: summarizeResources(measurement) }))
    .filter(({ use }) => use.cpuMsPerAnswer !== null);
  return deploymentsOf(counted.map(({ measurement }) => measurement)).flatMap((deployment) => {
    const own = counted
      .filter(({ measurement }) => measurement.deployment === deployment)
      .sort((a, b) => a.measurement.answersPerSecond - b.measurement.answersPerSecond);
    const [first, last] = [own[0], own[own.length - 1]];
    if (first === last) return [];
    const [from, to] = [first.use.cpuMsPerAnswer ?? 0, last.use.cpuMsPerAnswer ?? 0];
    const ends = `${formatNumber(from)} ms at ${describeLoad(first.measurement)} to ${formatNumber(to)} ms at ${describeLoad(last.measurement)}`;
    const [b0, b1] = [first.use.meanBatchSize, last.use.meanBatchSize];
    const batches =
      b0 !== null && b1 !== null
        ? `; a run of the model took ${formatNumber(b0)} rows there and ${formatNumber(b1)} here`
        : '';
    return [`With ${deployment} the CPU for an answer ${verb(from, to)} from ${ends}${batches}.`];
  });
}

function verb(from: number, to: number): string {
  if (Math.abs(to - from) <= SAME * from) return 'stays about the same,';
  return to < from ? 'falls' : 'rises';
}
