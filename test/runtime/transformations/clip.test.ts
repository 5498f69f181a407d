import { elementsOf, fromNumbers, NUMBER_DTYPES } from '../../fixtures/numbers';
import { applyTo, formatOf, parameterProblems } from './run-step';

const CLIPPABLE = NUMBER_DTYPES.filter((dtype) => dtype !== 'bool');

describe('clip', () => {
  it.each(CLIPPABLE)('replaces what is below or above in %s', (dtype) => {
    const result = applyTo(fromNumbers(dtype, [5], [0, 2, 5, 8, 100]), { use: 'clip', min: 2, max: 8 });
    expect(result.dtype).toBe(dtype);
    expect(elementsOf(result)).toEqual([2, 2, 5, 8, 8]);
    expect(elementsOf(applyTo(fromNumbers(dtype, [2], [1, 9]), { use: 'clip', min: 3 }))).toEqual([3, 9]);
    expect(elementsOf(applyTo(fromNumbers(dtype, [2], [1, 9]), { use: 'clip', max: 3 }))).toEqual([1, 3]);
  });

  it('compares 64-bit integers exactly, over their whole range', () => {
    const values = [-(2n ** 63n), -1n, 0n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n - 1n];
    const clip = (limits: { min?: number; max?: number }) => {
      const input = { dtype: 'int64', shape: [6], data: BigInt64Array.from(values) } as const;
      return [...(applyTo(input, { use: 'clip', ...limits }).data as BigInt64Array)];
    };
    const limit = 2n ** 53n;
    expect(clip({ max: 2 ** 53 })).toEqual(values.map((value) => (value > limit ? limit : value)));
    expect(clip({ min: -1 })).toEqual(values.map((value) => (value < -1n ? -1n : value)));
    expect(clip({ min: -(2 ** 40), max: 2 ** 32 + 1 })).toEqual(
      values.map((value) =>
        value < -(2n ** 40n) ? -(2n ** 40n) : value > 2n ** 32n + 1n ? 2n ** 32n + 1n : value,
      ),
    );
    const unsigned = { dtype: 'uint64', shape: [2], data: BigUint64Array.of(2n ** 64n - 1n, 3n) } as const;
    expect([...(applyTo(unsigned, { use: 'clip', min: 4 }).data as BigUint64Array)]).toEqual([
      2n ** 64n - 1n,
      4n,
    ]);
  });

  it('keeps to the integers within fractional limits', () => {
    expect(
      elementsOf(applyTo(fromNumbers('int8', [3], [-9, 0, 9]), { use: 'clip', min: -1.5, max: 2.5 })),
    ).toEqual([-1, 0, 2]);
  });

  it('lets NaN pass and takes infinities for numbers', () => {
    expect(
      elementsOf(
        applyTo(fromNumbers('float32', [3], [NaN, Infinity, -Infinity]), { use: 'clip', min: 0, max: 1 }),
      ),
    ).toEqual([NaN, 1, 0]);
  });

  it('refuses limits that no number of the dtype lies within', () => {
    expect(() => formatOf({ dtype: 'uint8', shape: [1] }, { use: 'clip', min: 300 })).toThrow(
      'no uint8 lies within 300 and no maximum; cast to a float first',
    );
    expect(() => formatOf({ dtype: 'int8', shape: [1] }, { use: 'clip', min: 0.2, max: 0.8 })).toThrow(
      'no int8 lies within 0.2 and 0.8; cast to a float first',
    );
    expect(() => formatOf({ dtype: 'bool', shape: [1] }, { use: 'clip', min: 0 })).toThrow(
      'cannot clip bool; cast to a number first',
    );
    expect(() => applyTo(fromNumbers('uint8', [1], [1]), { use: 'clip', max: -1 })).toThrow(
      'no uint8 lies within',
    );
  });

  it('names what is wrong with its parameters', () => {
    expect(parameterProblems('clip', {})).toEqual([': needs min, max or both']);
    expect(parameterProblems('clip', { min: 2, max: 1 })).toEqual(['max: must not be below min']);
  });
});
