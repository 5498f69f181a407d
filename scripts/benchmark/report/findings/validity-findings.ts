import { type RunResults } from '../../../../contracts/benchmark/run-results';
import { describeLoad, isValid } from '../measurements/load';

/** How many measurements count, and which do not for which reason. */
export function validityFindings({ measurements, endedEarly }: RunResults): string[] {
  const sentences: string[] = [];
  if (endedEarly !== undefined) sentences.push(`The run ended before its last measurement: ${endedEarly}.`);
  if (measurements.length === 0) return [...sentences, 'Nothing was measured.'];
  const invalid = measurements.filter((measurement) => !isValid(measurement));
  const total = measurements.length;
  if (invalid.length === 0) {
    return [...sentences, total === 1 ? 'The only measurement counts.' : `All ${total} measurements count.`];
  }
  return [
    ...sentences,
    `${total - invalid.length} of ${total} measurements count. The others do not, and no sentence below rests on them:`,
    ...invalid.map(
      (measurement) =>
        `${measurement.profile}, ${measurement.deployment} at ${describeLoad(measurement)}: ${measurement.invalid.join('; ')}.`,
    ),
  ];
}
