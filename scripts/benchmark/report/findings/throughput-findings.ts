import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { formatNumber } from '../format-number';
import { deploymentsOf, describeLoad, isValid } from '../measurements/load';

/** The most answers a second that each deployment gave in a closed loop, and how they compare with the first one's. */
export function throughputFindings(measurements: readonly Measurement[]): string[] {
  const counted = measurements.filter(isValid).filter(({ answersPerSecond }) => answersPerSecond > 0);
  const best = deploymentsOf(counted).map((deployment) =>
    counted
      .filter((measurement) => measurement.deployment === deployment)
      .reduce((a, b) => (b.answersPerSecond > a.answersPerSecond ? b : a)),
  );
  return best.map((measurement, index) => {
    const { deployment, answersPerSecond } = measurement;
    const ratio =
      index === 0
        ? ''
        : `, ${formatNumber(answersPerSecond / best[0].answersPerSecond)} times as many as with ${best[0].deployment}`;
    return `With ${deployment} a closed loop has at most ${formatNumber(answersPerSecond)} answers a second (${describeLoad(measurement)})${ratio}.`;
  });
}
