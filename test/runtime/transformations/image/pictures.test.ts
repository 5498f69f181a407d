import { tensor, type Tensor } from '../../../../runtime/tensor/tensor';
import { counting } from '../../../fixtures/numbers';
import { applyTo, format, formatOf, parameterProblems } from '../run-step';

const bytes = (shape: number[], ...values: number[]): Tensor =>
  tensor('uint8', shape, Uint8Array.from(values));
const values = ({ data }: Tensor): number[] => Array.from(data as Uint8Array);

describe('image-to-float', () => {
  it('divides as NumPy does before it makes float32 of the quotients', () => {
    const all = bytes([256], ...Array.from({ length: 256 }, (_, i) => i));
    expect(applyTo(all, { use: 'image-to-float' })).toEqual({
      dtype: 'float32',
      shape: [256],
      data: Float32Array.from({ length: 256 }, (_, i) => i / 255),
    });
  });

  it('leaves numbers as they are with a divisor of 1', () => {
    expect(values(applyTo(bytes([3], 0, 7, 255), { use: 'image-to-float', divisor: 1 }))).toEqual([
      0, 7, 255,
    ]);
  });

  it('makes float32 of doubles as well', () => {
    expect(formatOf({ dtype: 'float64', shape: [2] }, { use: 'image-to-float' })).toEqual(
      format({ dtype: 'float32', shape: [2], normalized: undefined }),
    );
  });

  it('refuses a divisor of 0', () => {
    expect(parameterProblems('image-to-float', { divisor: 0 })).toEqual([
      'divisor: nothing can be divided by 0',
    ]);
  });
});

describe('colour-order', () => {
  it('reverses the channels of HWC pictures by default', () => {
    expect(values(applyTo(bytes([1, 2, 3], 1, 2, 3, 4, 5, 6), { use: 'colour-order' }))).toEqual([
      3, 2, 1, 6, 5, 4,
    ]);
  });

  it('picks channels of CHW pictures, 64-bit ones as well', () => {
    const planes = tensor('int64', [3, 1, 2], BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n));
    expect(applyTo(planes, { use: 'colour-order', order: [2, 0], axis: 0 })).toEqual({
      dtype: 'int64',
      shape: [2, 1, 2],
      data: BigInt64Array.of(5n, 6n, 1n, 2n),
    });
  });

  it('refuses a channel that is not there', () => {
    expect(() => formatOf({ dtype: 'uint8', shape: [4, 4, 1] }, { use: 'colour-order' })).toThrow(
      'cannot take channels 2, 1, 0 of 1',
    );
    expect(() => applyTo(counting('uint8', [1, 1, 2]), { use: 'colour-order' })).toThrow('of 2');
  });
});

describe('crop', () => {
  const picture = bytes([3, 4, 1], ...Array.from({ length: 12 }, (_, i) => i));

  it('takes the middle by default', () => {
    expect(applyTo(picture, { use: 'crop', width: 2, height: 1 })).toEqual(bytes([1, 2, 1], 5, 6));
  });

  it('takes the part that it is told to', () => {
    expect(applyTo(picture, { use: 'crop', width: 2, height: 2, left: 2, top: 1 })).toEqual(
      bytes([2, 2, 1], 6, 7, 10, 11),
    );
  });

  it('refuses a part that reaches beyond the picture', () => {
    const step = { use: 'crop', width: 3, height: 1, left: 2 };
    const message = 'cannot take 3 pixels from 2 on of a picture whose width is 4';
    expect(() => applyTo(picture, step)).toThrow(message);
    expect(() => formatOf({ dtype: 'uint8', shape: [3, 4, 1] }, step)).toThrow(message);
  });
});

describe('letterbox', () => {
  it('puts the picture in the middle of a frame of its own colour', () => {
    const picture = bytes([1, 2, 1], 10, 20);
    expect(applyTo(picture, { use: 'letterbox', width: 2, height: 3, fill: 7 })).toEqual(
      bytes([3, 2, 1], 7, 7, 10, 20, 7, 7),
    );
    expect(applyTo(picture, { use: 'letterbox', width: 5, height: 1, fill: 7, filter: 'nearest' })).toEqual(
      bytes([1, 5, 1], 7, 10, 20, 7, 7),
    );
  });

  it('enlarges until one side fits', () => {
    const letterboxed = applyTo(bytes([1, 2, 1], 10, 20), {
      use: 'letterbox',
      width: 4,
      height: 4,
      filter: 'nearest',
    });
    expect(letterboxed).toEqual(bytes([4, 4, 1], 0, 0, 0, 0, 10, 10, 20, 20, 10, 10, 20, 20, 0, 0, 0, 0));
  });
});
