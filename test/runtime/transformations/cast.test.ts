import { fromNumbers } from '../../fixtures/numbers';
import { applyTo, formatOf, parameterProblems } from './run-step';

describe('cast', () => {
  it('converts the elements and keeps what is said of them', () => {
    const input = fromNumbers('float32', [2], [1.9, -1.9]);
    expect(applyTo(input, { use: 'cast', dtype: 'int8' })).toEqual(fromNumbers('int8', [2], [1, -1]));
    expect(formatOf({ dtype: 'float32', shape: [2], unit: 'm' }, { use: 'cast', dtype: 'int8' })).toEqual({
      kind: 'tensor',
      dtype: 'int8',
      shape: [2],
      unit: 'm',
    });
  });

  it('refuses a request whose value does not fit', () => {
    expect(() => applyTo(fromNumbers('float32', [2], [0, 300]), { use: 'cast', dtype: 'uint8' })).toThrow(
      'value 300 of element 1 does not fit uint8 (0 to 255)',
    );
  });

  it('refuses dtypes that are no numbers', () => {
    expect(() => formatOf({ dtype: 'string', shape: [] }, { use: 'cast', dtype: 'int8' })).toThrow(
      'needs numbers, got string []',
    );
    expect(parameterProblems('cast', { dtype: 'flaot32' })).toEqual([
      'dtype: expected one of float32, float64, float16, bfloat16, int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool, got string "flaot32"; did you mean "float32"?',
    ]);
  });
});
