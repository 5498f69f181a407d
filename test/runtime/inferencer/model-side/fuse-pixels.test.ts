import fc from '../../../fixtures/fast-check';
import { fusePixelSteps } from '../../../../runtime/inferencer/model-side/fuse-pixels';
import { pairTables } from '../../../../runtime/inferencer/model-side/pixel-passes';
import { plainStep } from '../../../../runtime/inferencer/model-side/item-step';
import { tensor, type Tensor } from '../../../../runtime/tensor/tensor';
import { placedBuiltIn as placed } from '../../../fixtures/placed-built-in';

function run(steps: readonly { apply(item: Tensor): Tensor }[], item: Tensor): Tensor {
  return steps.reduce((current, step) => step.apply(current), item);
}

const PUBLISHED = [placed('transpose', { axes: [2, 0, 1] }), placed('image-to-float')];

/** Steps that go well with a picture of three channels, wherever they stand. */
const anyStep = fc.oneof(
  fc.constant(placed('transpose', { axes: [2, 0, 1] })),
  fc.constant(placed('transpose', { axes: [1, 2, 0] })),
  fc.constant(placed('transpose')),
  fc.constant(placed('image-to-float')),
  fc.constant(placed('scale', { factor: 0.0123 })),
  fc.constant(placed('normalize', { mean: 0.4, std: 0.3 })),
  fc.constantFrom(0, -1).map((axis) => placed('normalize', { mean: [0.1, 0.2, 0.3], std: [1, 2, 3], axis })),
  fc.constantFrom(0, -1).map((axis) => placed('colour-order', { axis })),
  fc.constant(placed('colour-order', { order: [1, 1, 2] })),
  fc.constant(placed('clip', { min: 3, max: 200 })),
  fc.constant(placed('cast', { dtype: 'float64' })),
  fc.constant(placed('cast', { dtype: 'int16' })),
  fc.constant(placed('sigmoid')),
  fc.constant(placed('resize', { width: 3, height: 3 })),
);
const aPicture = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.constantFrom(1, 3, 4))
  .chain(([height, width, channels]) =>
    fc
      .uint8Array({ minLength: height * width * channels, maxLength: height * width * channels })
      .map((pixels) => tensor('uint8', [height, width, channels], Uint8Array.from(pixels))),
  );

function outcomeOf(make: () => Tensor): unknown {
  try {
    const { dtype, shape, data } = make();
    return { dtype, shape, data: Array.from(data as Float32Array) };
  } catch (error) {
    return (error as Error).message;
  }
}

describe('steps over the pixels of a picture', () => {
  it('become one where they stand side by side, with one label', () => {
    expect(fusePixelSteps(PUBLISHED).map(({ label }) => label)).toEqual(['transpose + image-to-float']);
  });

  it('stay apart where one between them is of another kind', () => {
    const steps = [
      placed('resize', { width: 2, height: 2 }),
      ...PUBLISHED,
      placed('expand'),
      placed('image-to-float'),
    ];
    expect(fusePixelSteps(steps).map(({ label }) => label)).toEqual([
      'resize',
      'transpose + image-to-float',
      'expand',
      'image-to-float',
    ]);
  });

  it('give bit for bit what they give one by one', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 1, maxLength: 5 }), aPicture, (steps, picture) => {
        const one = outcomeOf(() => run(steps.map(plainStep), picture));
        expect(outcomeOf(() => run(fusePixelSteps(steps), picture))).toEqual(one);
      }),
      { numRuns: 600 },
    );
  });

  it('work on what is no picture of bytes as they do one by one', () => {
    const floats = tensor('float32', [1, 2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(run(fusePixelSteps(PUBLISHED), floats)).toEqual(run(PUBLISHED.map(plainStep), floats));
  });

  it('write to the memory that they are given', () => {
    const memory = new Float32Array(100);
    const [step] = fusePixelSteps(PUBLISHED);
    const picture = tensor('uint8', [1, 2, 3], Uint8Array.of(255, 0, 51, 0, 255, 102));
    const { data } = step.apply(picture, { take: (length) => memory.subarray(0, length) });
    expect((data as Float32Array).buffer).toBe(memory.buffer);
    expect(Array.from(data as Float32Array)).toEqual([1, 0, 0, 1, 0.2, 0.4].map(Math.fround));
  });

  it('go into memory that begins anywhere, and into planes of an odd number of pixels', () => {
    for (const [height, width] of [
      [3, 4],
      [3, 5],
      [2, 7],
    ]) {
      const picture = tensor(
        'uint8',
        [height, width, 3],
        Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 37) % 256),
      );
      const expected = run(PUBLISHED.map(plainStep), picture);
      for (const offset of [0, 1, 2]) {
        const memory = new Float32Array(100);
        const take = (length: number): Float32Array => memory.subarray(offset, offset + length);
        expect(fusePixelSteps(PUBLISHED)[0].apply(picture, { take })).toEqual(expected);
      }
    }
  });

  it('look up two bytes at once but where one becomes NaN', () => {
    const table = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
    const other = table.map((value) => -value);
    const { values, starts } = pairTables([table, other, table])!;
    expect(starts).toEqual([0, 65_536, 0]);
    const floats = new Float32Array(values.buffer);
    const at = 2 * (starts[1] + 7 + 256 * 200);
    expect([floats[at], floats[at + 1]]).toEqual([other[7], other[200]]);
    expect(pairTables([table, table.with(9, NaN)])).toBeUndefined();
  });

  it('refuse bytes that one of them refuses, and no others', () => {
    const steps = [placed('cast', { dtype: 'int8' }), placed('transpose', { axes: [2, 0, 1] })];
    const [step, ...rest] = fusePixelSteps(steps);
    expect(rest).toEqual([]);
    expect(step.apply(tensor('uint8', [1, 1, 1], Uint8Array.of(7))).data).toEqual(Int8Array.of(7));
    expect(() => step.apply(tensor('uint8', [1, 1, 1], Uint8Array.of(200)))).toThrow(
      'value 200 of element 0',
    );
  });
});
