import { splitTensor, type Split } from '../../../../runtime/cli/inference/split-tensor';
import { tensor, type Tensor } from '../../../../runtime/tensor/tensor';

const matrix = tensor(
  'int32',
  [5, 2],
  Int32Array.from({ length: 10 }, (_, index) => index),
);

function partsOf(value: Tensor, split: Split): Tensor[] {
  const { count, at } = splitTensor(value, split);
  return Array.from({ length: count }, (_, index) => at(index));
}

describe('splitTensor', () => {
  it('cuts rows, the last part with what is left', () => {
    expect(partsOf(matrix, { rows: 2 })).toEqual([
      tensor('int32', [2, 2], Int32Array.of(0, 1, 2, 3)),
      tensor('int32', [2, 2], Int32Array.of(4, 5, 6, 7)),
      tensor('int32', [1, 2], Int32Array.of(8, 9)),
    ]);
  });

  it('slides windows over observations, however many of them are in a row', () => {
    const recording = tensor('int32', [2, 4], Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    expect(
      partsOf(recording, { length: 3, width: 2, stride: 1 }).map(({ shape, data }) => [shape, [...data]]),
    ).toEqual([
      [
        [3, 2],
        [0, 1, 2, 3, 4, 5],
      ],
      [
        [3, 2],
        [2, 3, 4, 5, 6, 7],
      ],
    ]);
    expect(partsOf(recording, { length: 1, width: 2, stride: 3 }).map(({ data }) => [...data])).toEqual([
      [0, 1],
      [6, 7],
    ]);
  });

  it('keeps both parts of complex numbers, and strings, together', () => {
    const complex = tensor('complex64', [2, 1], Float32Array.of(1, 2, 3, 4));
    expect(partsOf(complex, { rows: 1 }).map(({ data }) => [...data])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const words = tensor('string', [2], [Buffer.from('a'), Buffer.from('b')]);
    expect(partsOf(words, { rows: 1 })[1]).toEqual(tensor('string', [1], [Buffer.from('b')]));
  });

  it.each<[Tensor, Split, string]>([
    [tensor('int32', [], Int32Array.of(1)), { rows: 1 }, 'shape [] has no rows'],
    [
      matrix,
      { length: 2, width: 3, stride: 1 },
      'shape [5, 2] has 10 values, which are no whole observations of 3',
    ],
    [matrix, { length: 6, width: 2, stride: 1 }, 'holds 5 observations of 2; a window takes 6'],
  ])('refuses what fills no request', (value, split, message) => {
    expect(() => splitTensor(value, split)).toThrow(message);
  });
});
