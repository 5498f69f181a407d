import fc from '../../../../fixtures/fast-check';
import {
  COARSE_LATENCY,
  COUNT,
  LATENCY,
  mergeDistributions,
  Recorder,
} from '../../../../../scripts/benchmark/driver/measure/recorder';
import { distribution, type Distribution } from '../../../../../contracts/benchmark/run-results';

const { assert, double, array, property } = fc;

const latencies = array(double({ min: 0.001, max: 600_000, noNaN: true }), { minLength: 1, maxLength: 300 });

function recorded(values: readonly number[], kind = LATENCY): Distribution {
  const recorder = new Recorder(kind);
  for (const value of values) recorder.record(value);
  return recorder.toDistribution();
}

/** The same by sorting: the smallest value that so many percent of the values do not exceed. */
function exactly(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

describe('Recorder', () => {
  it('tells percentiles to a thousandth, and count, extremes, mean and deviation exactly', () => {
    assert(
      property(latencies, (values) => {
        const found = recorded(values);
        for (const [key, percent] of [
          ['p5', 5],
          ['median', 50],
          ['p95', 95],
          ['p99', 99],
        ] as const) {
          const exact = exactly(values, percent);
          expect(found[key]).toBeGreaterThanOrEqual(exact * 0.999 - 0.0001);
          expect(found[key]).toBeLessThanOrEqual(exact * 1.001 + 0.0001);
        }
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        expect(found.count).toBe(values.length);
        expect(found.min).toBe(Math.min(...values));
        expect(found.max).toBe(Math.max(...values));
        expect(found.mean).toBeCloseTo(mean, 6);
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
        expect(Math.abs(found.deviation - Math.sqrt(variance))).toBeLessThanOrEqual(1e-4 * (1 + found.max));
      }),
      { numRuns: 60 },
    );
  });

  it('tells times of a tenth of a microsecond apart', () => {
    const { buckets } = recorded([0.0101, 0.0102, 0.0103]);
    expect(buckets).toHaveLength(3);
  });

  it('merges parts that were written down into what one recorder would have told', () => {
    assert(
      property(latencies, latencies, (one, other) => {
        for (const kind of [LATENCY, COARSE_LATENCY]) {
          const parts = [recorded(one, kind), recorded(other, kind)].map(
            (part) => JSON.parse(JSON.stringify(part)) as Distribution,
          );
          const merged = mergeDistributions(kind, parts);
          const whole = recorded([...one, ...other], kind);
          expect(merged.buckets).toEqual(whole.buckets);
          expect({ ...merged, mean: 0, deviation: 0 }).toEqual({ ...whole, mean: 0, deviation: 0 });
          expect(merged.mean).toBeCloseTo(whole.mean, 6);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('counts whole numbers one by one', () => {
    expect(recorded([0, 1, 1, 2000], COUNT).buckets).toEqual([
      [0, 1],
      [1, 2],
      [2000, 1],
    ]);
  });

  it('has a distribution of nothing, which merges like any other', () => {
    const nothing = recorded([]);
    expect(distribution.parse(nothing)).toMatchObject({ count: 0, max: 0, buckets: [] });
    expect(mergeDistributions(LATENCY, [nothing, recorded([5])])).toMatchObject({ count: 1, min: 5, max: 5 });
  });

  it('keeps the exact maximum of what is beyond its range', () => {
    const tooLong = 3 * 3_600_000;
    expect(recorded([1, tooLong])).toMatchObject({ count: 2, max: tooLong });
  });
});
