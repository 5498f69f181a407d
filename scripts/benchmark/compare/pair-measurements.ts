import { compareLoads, deploymentsOf, describeLoad, loadKey } from '../report/measurements/load';
import { type Measurement, type RunResults } from '../../../contracts/benchmark/run-results';

/** Two measurements of one cell, one of each run. */
export interface Pair {
  readonly a: Measurement;
  readonly b: Measurement;
}

/** Thrown when two runs have nothing in common; the message says what each of them has. */
export class ComparisonError extends Error {
  override readonly name = 'ComparisonError';
}

/**
 * The cells that both runs have: the same load of the same deployment, small loads first. Where each run has a single
 * deployment these are compared whatever they are called. What was measured several times is paired in its order.
 *
 * @throws ComparisonError where no cell is in both.
 */
export function pairMeasurements(a: RunResults, b: RunResults): readonly Pair[] {
  const [ofA, ofB] = [a, b].map(({ measurements }) => deploymentsOf(measurements));
  const byLoadAlone = ofA.length === 1 && ofB.length === 1;
  const keyOf = (measurement: Measurement): string =>
    byLoadAlone ? loadKey(measurement) : `${measurement.deployment}/${loadKey(measurement)}`;
  const waiting = new Map<string, Measurement[]>();
  for (const measurement of b.measurements) {
    const key = keyOf(measurement);
    waiting.set(key, [...(waiting.get(key) ?? []), measurement]);
  }
  const pairs = a.measurements.flatMap((measurement): Pair[] => {
    const partner = waiting.get(keyOf(measurement))?.shift();
    return partner ? [{ a: measurement, b: partner }] : [];
  });
  if (pairs.length > 0) return pairs.sort((one, other) => compareLoads(one.a, other.a));
  throw new ComparisonError(
    `the runs have no cell in common: '${a.name}' has ${describeCells(a)}; '${b.name}' has ${describeCells(b)}`,
  );
}

const SHOWN = 6;

function describeCells({ measurements }: RunResults): string {
  if (measurements.length === 0) return 'no measurement';
  const cells = [
    ...new Set(
      measurements.map(
        (measurement) => `${measurement.deployment} (${measurement.profile}, ${describeLoad(measurement)})`,
      ),
    ),
  ];
  const more = cells.length > SHOWN ? ` and ${cells.length - SHOWN} more` : '';
  return cells.slice(0, SHOWN).join(', ') + more;
}
