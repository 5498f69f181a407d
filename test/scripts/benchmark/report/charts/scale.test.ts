import fc from '../../../../fixtures/fast-check';
import { linearScale, logScale } from '../../../../../scripts/benchmark/report/charts/scale';

const labels = (scale: { ticks: readonly { label: string }[] }): string[] =>
  scale.ticks.map(({ label }) => label);

describe('a linear scale', () => {
  it('goes from zero to a round number above all values, in round steps', () => {
    expect(labels(linearScale([3, 17]))).toEqual(['0', '5', '10', '15', '20']);
    expect(labels(linearScale([0.013]))).toEqual(['0', '0.005', '0.01', '0.015']);
    expect(labels(linearScale([48_000]))).toEqual(['0', '10,000', '20,000', '30,000', '40,000', '50,000']);
  });

  it('places values evenly, and values beyond its ends at them', () => {
    const { position } = linearScale([10]);
    expect([-1, 0, 5, 10, 11].map(position)).toEqual([0, 0, 0.5, 1, 1]);
  });

  it('is there without a value to show', () => {
    expect(linearScale([])).toMatchObject({ min: 0, max: 1 });
    expect(linearScale([0, 0])).toMatchObject({ min: 0, max: 1 });
  });
});

describe('a logarithmic scale', () => {
  it('labels powers of ten, and the steps between them where there are few', () => {
    expect(labels(logScale([0.3, 40]))).toEqual(['0.2', '0.5', '1', '2', '5', '10', '20', '50']);
    expect(labels(logScale([0.02, 7000]))).toEqual(['0.1', '1', '10', '100', '1,000', '10,000']);
  });

  it('gives equal ratios equal distances', () => {
    const { position } = logScale([1, 1000]);
    expect([1, 10, 100, 1000].map((value) => Number(position(value).toFixed(9)))).toEqual([
      0, 0.333333333, 0.666666667, 1,
    ]);
  });

  it('takes what has no logarithm to its start, without widening for it', () => {
    const scale = logScale([0, -3, 2, 50]);
    expect(scale).toMatchObject({ min: 2, max: 50 });
    expect([0, -3].map((value) => scale.position(value))).toEqual([0, 0]);
  });

  it('has two ends where all values are one, or none is there', () => {
    expect(logScale([10])).toMatchObject({ min: 10, max: 20 });
    expect(logScale([])).toMatchObject({ min: 1, max: 10 });
  });
});

it('holds any values between its ends, with two to twelve ticks in order', () => {
  const positive = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(fc.array(positive, { minLength: 1, maxLength: 20 }), (values) => {
      for (const scale of [linearScale(values), logScale(values)]) {
        const ticks = scale.ticks.map(({ value }) => value);
        expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(17);
        expect(Math.max(...values)).toBeLessThanOrEqual(scale.max * (1 + 1e-9));
        if (scale.min > 0) expect(Math.min(...values)).toBeGreaterThanOrEqual(scale.min * (1 - 1e-9));
        for (const value of values) {
          expect(scale.position(value)).toBeGreaterThanOrEqual(0);
          expect(scale.position(value)).toBeLessThanOrEqual(1);
        }
      }
    }),
    { numRuns: 200 },
  );
});
