import { mapNumbers } from '../../../runtime/tensor/map-numbers';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { elementsOf, fromNumbers, NUMBER_DTYPES } from '../../fixtures/numbers';

describe('mapNumbers', () => {
  it.each(NUMBER_DTYPES)('changes each number of %s and keeps dtype and shape', (dtype) => {
    const input = fromNumbers(dtype, [2, 2], [0, 1, 1, 0]);
    const result = mapNumbers(input, (value) => 1 - value) as Tensor;
    expect(result).toMatchObject({ dtype, shape: [2, 2] });
    expect(elementsOf(result)).toEqual([1, 0, 0, 1]);
    expect(elementsOf(input)).toEqual([0, 1, 1, 0]);
  });

  it('gives another dtype when asked to', () => {
    const result = mapNumbers(
      fromNumbers('int16', [2], [1, 2]),
      (value, index) => value / 4 + index,
      'float32',
    );
    expect(result).toEqual(tensor('float32', [2], Float32Array.of(0.25, 1.5)));
  });

  it('changes every tensor of a list', () => {
    const list = [fromNumbers('uint8', [1], [1]), fromNumbers('uint8', [2], [2, 3])];
    const result = mapNumbers(list, (value) => value * 2) as readonly Tensor[];
    expect(result.map(elementsOf)).toEqual([[2], [4, 6]]);
  });

  it('refuses a result that the dtype cannot hold', () => {
    expect(() => mapNumbers(fromNumbers('uint8', [2], [1, 200]), (value) => value * 2)).toThrow(
      'value 400 of element 1 does not fit uint8 (0 to 255)',
    );
  });
});
