import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor } from '../../../../runtime/tensor/tensor';
import { counting } from '../../../fixtures/numbers';
import { applyTo, format, formatOf } from '../run-step';

interface Pillow {
  readonly picture: { height: number; width: number; channels: number; pixels: number[] };
  readonly resized: readonly { filter: string; width: number; height: number; pixels: number[] }[];
}
const pillow = JSON.parse(
  readFileSync(join(__dirname, '../../../fixtures/pillow/resized.json'), 'utf8'),
) as Pillow;
const { height, width, channels, pixels } = pillow.picture;
const picture = tensor('uint8', [height, width, channels], Uint8Array.from(pixels));

describe('resize', () => {
  it.each(pillow.resized.map((each) => [`${each.filter} to ${each.width} × ${each.height}`, each] as const))(
    'gives the bytes that Pillow gives: %s',
    (_, { filter, pixels: expected, ...size }) => {
      const resized = applyTo(picture, { use: 'resize', ...size, filter });
      expect(resized.shape).toEqual([size.height, size.width, channels]);
      expect(Array.from(resized.data as Uint8Array)).toEqual(expected);
    },
  );

  it('gives the same for floats but for the rounding', () => {
    const floats = tensor('float32', picture.shape, Float32Array.from(picture.data));
    for (const { filter, pixels: expected, ...size } of pillow.resized.filter(
      (each) => each.filter === 'bilinear',
    )) {
      const { dtype, data } = applyTo(floats, { use: 'resize', ...size, filter });
      expect(dtype).toBe('float32');
      Array.from(data as Float32Array).forEach((value, i) => {
        expect(Math.abs(value - expected[i])).toBeLessThan(1.01);
      });
    }
  });

  it('leaves a picture of that size as it is', () => {
    expect(applyTo(picture, { use: 'resize', width, height })).toBe(picture);
  });

  it.each([
    [
      { dtype: 'uint8', shape: [4, 4] },
      'needs a picture [height, width, channels] of at most 4 channels, got [4, 4]',
    ],
    [
      { dtype: 'uint8', shape: [4, 4, 5] },
      'needs a picture [height, width, channels] of at most 4 channels, got [4, 4, 5]',
    ],
    [
      { dtype: 'int16', shape: [4, 4, 3] },
      'needs pixels of uint8, float32 or float64, got int16; cast them first',
    ],
    [
      { dtype: 'uint8', shape: [3, 4, 4], layout: 'CHW' },
      'needs a picture in HWC layout, got uint8 [3, 4, 4] layout=CHW',
    ],
    [{ dtype: 'uint8', shape: [0, 4, 3] }, 'has no pixels: [0, 4, 3]'],
  ] as const)('refuses %j at load', (facts, message) => {
    expect(() => formatOf(facts, { use: 'resize', width: 2, height: 2 })).toThrow(message);
  });

  it('knows the size when the input has unknown sides', () => {
    expect(
      formatOf(
        { dtype: 'uint8', shape: ['h', 'w', 3], layout: 'HWC' },
        { use: 'resize', width: 8, height: 4 },
      ),
    ).toEqual(format({ dtype: 'uint8', shape: [4, 8, 3], layout: 'HWC' }));
  });

  it('refuses data that is no picture', () => {
    expect(() => applyTo(counting('uint8', [2, 2, 9]), { use: 'resize', width: 1, height: 1 })).toThrow(
      'got [2, 2, 9]',
    );
  });
});
