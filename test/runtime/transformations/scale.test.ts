import { elementsOf, fromNumbers, NUMBER_DTYPES } from '../../fixtures/numbers';
import { applyTo, formatOf, parameterProblems } from './run-step';

describe('scale', () => {
  it.each(NUMBER_DTYPES)('multiplies every number of %s', (dtype) => {
    const values = dtype === 'bool' ? [0, 1, 1] : [0, 1, 100];
    const result = applyTo(fromNumbers(dtype, [3], values), { use: 'scale', factor: 2.5 });
    expect(elementsOf(result)).toEqual(values.map((value) => value * 2.5));
    expect(result.dtype).toBe(dtype === 'float64' ? 'float64' : 'float32');
  });

  it('computes in double precision and rounds once', () => {
    const result = applyTo(fromNumbers('int32', [1], [16777217]), { use: 'scale', factor: 0.1 });
    expect(elementsOf(result)).toEqual([Math.fround(16777217 * 0.1)]);
  });

  it('lets NaN and infinities pass', () => {
    const result = applyTo(fromNumbers('float32', [3], [NaN, Infinity, -Infinity]), {
      use: 'scale',
      factor: -2,
    });
    expect(elementsOf(result)).toEqual([NaN, -Infinity, Infinity]);
  });

  it('gives the result the unit that it is told, and else forgets the unit', () => {
    const input = { dtype: 'int16', shape: [9, 3], unit: 'tag', normalized: true } as const;
    expect(formatOf(input, { use: 'scale', factor: 2, unit: 'millig' })).toEqual({
      kind: 'tensor',
      dtype: 'float32',
      shape: [9, 3],
      unit: 'millig',
    });
    expect(formatOf(input, { use: 'scale', factor: 2 }).unit).toBeUndefined();
  });

  it.each(['string', 'complex64'] as const)('refuses %s', (dtype) => {
    expect(() => formatOf({ dtype, shape: [2] }, { use: 'scale', factor: 2 })).toThrow(
      `needs numbers, got ${dtype} [2]`,
    );
  });

  it('names what is wrong with its parameters', () => {
    expect(parameterProblems('scale', { factor: 'a' })).toEqual(['factor: expected number, got string "a"']);
    expect(parameterProblems('scale', {})).toEqual(['factor: is missing; expected number']);
    expect(parameterProblems('scale', { factor: Infinity })).toEqual([
      'factor: expected number, got number Infinity',
    ]);
    expect(parameterProblems('scale', { facter: 2, factor: 1 })).toEqual([
      'facter: is unknown; did you mean "factor"?; allowed: factor, unit',
    ]);
  });
});
