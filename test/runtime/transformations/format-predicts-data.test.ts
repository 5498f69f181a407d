import fc from '../../fixtures/fast-check';
import { DTYPES } from '../../../contracts/values/dtype';
import { type DType } from '../../../runtime/tensor/dtype';
import { isTensor, type Flow, type Value } from '../../../runtime/tensor/tensor';
import { type Axis, type FlowFormat, type ValueFormat } from '../../../runtime/formats/format';
import { BUILT_INS } from '../../../runtime/transformations/built-ins';
import { counting, elementsOf, NUMBER_DTYPES } from '../../fixtures/numbers';
import { writtenStep } from './run-step';

type Shape = readonly number[];
interface Case {
  readonly step: Parameters<typeof writtenStep>[0];
  readonly values: Readonly<Record<string, { readonly dtype: DType; readonly shape: Shape }>>;
}

const size = fc.integer({ min: 1, max: 4 });
const shapeOf = (minLength: number, maxLength = 4) => fc.array(size, { minLength, maxLength });
const anyDType = fc.constantFrom(...DTYPES);
const numberDType = fc.constantFrom(...NUMBER_DTYPES);

/** An axis of a shape of this rank, counted from either end. */
const axisOf = (rank: number) => fc.integer({ min: -rank, max: rank - 1 });

function unary(
  use: string,
  dtype: fc.Arbitrary<DType>,
  minRank: number,
  parameters: (shape: Shape) => fc.Arbitrary<Record<string, unknown>> = () => fc.constant({}),
): fc.Arbitrary<Case> {
  return fc.tuple(dtype, shapeOf(minRank)).chain(([type, shape]) =>
    parameters(shape).map((values) => ({
      step: { use, ...values },
      values: { a: { dtype: type, shape } },
    })),
  );
}

const withAxis = (shape: Shape) => fc.record({ axis: axisOf(shape.length) });

/** Those that need values of a particular kind (encoded pictures, lists, detections) have tests of their own. */
type Elsewhere =
  | 'decode-image'
  | 'split-batch'
  | 'filter-detections'
  | 'gather-detections'
  | 'non-maximum-suppression'
  | 'pack-masks'
  | 'resize-masks';
type Covered = Exclude<keyof typeof BUILT_INS, Elsewhere>;

const picture = fc.tuple(size, size, fc.constantFrom(1, 3, 4));
const pixelDType = fc.constantFrom<DType>('uint8', 'float32', 'float64');

/** A step over a picture [height, width, channels]. */
function overPicture(
  use: string,
  parameters: (shape: Shape) => fc.Arbitrary<Record<string, unknown>>,
  dtype: fc.Arbitrary<DType> = pixelDType,
): fc.Arbitrary<Case> {
  return fc.tuple(dtype, picture).chain(([type, shape]) =>
    parameters(shape).map((values) => ({
      step: { use, ...values },
      values: { a: { dtype: type, shape } },
    })),
  );
}

const anySize = fc.record({ width: size, height: size });

/** For each built-in, steps and values that go through it. */
const CASES: Record<Covered, fc.Arbitrary<Case>> = {
  'colour-order': overPicture(
    'colour-order',
    ([, , channels]) =>
      fc.array(fc.nat(channels - 1), { minLength: 1, maxLength: 4 }).map((order) => ({ order })),
    anyDType,
  ),
  crop: overPicture(
    'crop',
    ([height, width]) =>
      fc.record({
        width: fc.integer({ min: 1, max: width }),
        height: fc.integer({ min: 1, max: height }),
      }),
    anyDType,
  ),
  'image-to-float': unary('image-to-float', numberDType, 0),
  letterbox: overPicture('letterbox', () => anySize),
  resize: overPicture('resize', () =>
    fc
      .tuple(anySize, fc.constantFrom('nearest', 'bilinear', 'bicubic'))
      .map(([sizes, filter]) => ({ ...sizes, filter })),
  ),
  annotate: unary('annotate', anyDType, 0, () => fc.constant({ unit: 'm' })),
  'append-column': fc.tuple(numberDType, numberDType, shapeOf(1)).chain(([dtype, other, shape]) =>
    fc.tuple(fc.nat(shape.length - 1), fc.boolean()).map(([axis, full]) => ({
      step: { use: 'append-column', axis, column: 'b' },
      values: {
        a: { dtype, shape },
        b: { dtype: other, shape: full ? shape.with(axis, 1) : shape.toSpliced(axis, 1) },
      },
    })),
  ),
  argmax: unary('argmax', numberDType, 1, (shape) =>
    fc.record({ axis: axisOf(shape.length), keepAxis: fc.boolean() }),
  ),
  cast: unary('cast', numberDType, 0, () => fc.record({ dtype: numberDType })),
  clip: unary('clip', fc.constantFrom(...NUMBER_DTYPES.filter((dtype) => dtype !== 'bool')), 0, () =>
    fc.constant({ min: 3.5, max: 9 }),
  ),
  concat: fc
    .tuple(anyDType, shapeOf(1), fc.array(size, { minLength: 1, maxLength: 3 }))
    .chain(([dtype, shape, sizes]) =>
      axisOf(shape.length).map((axis) => ({
        step: { use: 'concat', with: sizes.map((_, i) => `b${i}`), axis },
        values: {
          a: { dtype, shape },
          ...Object.fromEntries(sizes.map((each, i) => [`b${i}`, { dtype, shape: shape.with(axis, each) }])),
        },
      })),
    ),
  drop: fc.constant({
    step: { use: 'drop', values: ['b'] },
    values: { a: { dtype: 'int8', shape: [1] }, b: { dtype: 'string', shape: [] } },
  }),
  expand: unary('expand', anyDType, 0, (shape) => fc.record({ axis: axisOf(shape.length + 1) })),
  normalize: unary('normalize', numberDType, 1, (shape) =>
    axisOf(shape.length).map((axis) => ({
      axis,
      mean: Array<number>(shape.at(axis)!).fill(1),
      std: 2,
    })),
  ),
  rename: fc.constant({ step: { use: 'rename', to: 'b' }, values: { a: { dtype: 'string', shape: [2] } } }),
  reshape: unary('reshape', anyDType, 1, (shape) =>
    fc.constantFrom(
      { shape: [-1] },
      { shape: ['all'] },
      { shape: [0, -1] },
      { shape: [...shape].reverse() },
      { shape: [...shape.slice(0, -1), 1, 'rest'] },
    ),
  ),
  scale: unary('scale', numberDType, 0, () => fc.constant({ factor: 0.5 })),
  select: fc.constant({
    step: { use: 'select', values: ['b', 'a'] },
    values: {
      a: { dtype: 'int8', shape: [1] },
      b: { dtype: 'string', shape: [] },
      c: { dtype: 'bool', shape: [3] },
    },
  }),
  sigmoid: unary('sigmoid', numberDType, 0),
  slice: unary('slice', anyDType, 1, (shape) =>
    axisOf(shape.length).chain((axis) => {
      const length = shape.at(axis)!;
      return fc
        .tuple(fc.nat(length - 1), fc.integer({ min: 1, max: length }), fc.boolean())
        .filter(([start, end]) => start < end)
        .map(([start, end, fromEnd]) => ({
          axis,
          start: fromEnd ? start - length : start,
          ...(end < length && { end: fromEnd ? end - length : end }),
        }));
    }),
  ),
  softmax: unary('softmax', numberDType, 1, withAxis),
  squeeze: unary('squeeze', anyDType, 1, (shape) => {
    const single = shape.flatMap((each, i) => (each === 1 ? [{ axis: i }, { axis: i - shape.length }] : []));
    return fc.constantFrom({}, ...single);
  }),
  stack: fc.tuple(anyDType, shapeOf(0, 3)).chain(([dtype, shape]) =>
    axisOf(shape.length + 1).map((axis) => ({
      step: { use: 'stack', with: ['b', 'c'], axis },
      values: { a: { dtype, shape }, b: { dtype, shape }, c: { dtype, shape } },
    })),
  ),
  threshold: unary('threshold', numberDType, 0, () => fc.constant({ above: 4 })),
  transpose: unary('transpose', anyDType, 1, (shape) =>
    fc.option(
      fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }).map((axes) => ({ axes })),
      { nil: {} },
    ),
  ),
  'vector-length': unary('vector-length', numberDType, 1, withAxis),
  window: unary('window', anyDType, 1, (shape) =>
    axisOf(shape.length).chain((axis) =>
      fc.record({
        axis: fc.constant(axis),
        size: fc.integer({ min: 1, max: shape.at(axis)! }),
        stride: fc.integer({ min: 1, max: 3 }),
      }),
    ),
  ),
};

function dataOf({ values }: Case): Flow {
  return new Map(Object.entries(values).map(([name, { dtype, shape }]) => [name, counting(dtype, shape)]));
}

/** The formats of the values; `hide` says which axes are not known before data arrives. */
function formatsOf({ values }: Case, hide: (axis: number) => boolean, dtypes = true): FlowFormat {
  return new Map(
    Object.entries(values).map(([name, { dtype, shape }]) => [
      name,
      {
        kind: 'tensor',
        ...(dtypes && { dtype }),
        shape: shape.map((each, i): Axis => (hide(i) ? `s${each}` : each)),
      },
    ]),
  );
}

function expectFits(value: Value, predicted: ValueFormat): void {
  if (!isTensor(value) || predicted.kind === 'list') throw new Error('expected one tensor');
  if (predicted.dtype !== undefined) expect(value.dtype).toBe(predicted.dtype);
  expect(value.shape).toHaveLength(predicted.shape!.length);
  expect(elementsOf(value)).toHaveLength(value.shape.reduce((product, each) => product * each, 1));
  predicted.shape!.forEach((axis, i) => {
    if (typeof axis === 'number') expect(value.shape[i]).toBe(axis);
  });
}

describe.each(Object.keys(CASES) as Covered[])('%s', (name) => {
  it('leaves exactly what its format step says', () => {
    fc.assert(
      fc.property(CASES[name], (one) => {
        const step = writtenStep(one.step);
        const predicted = step.format(formatsOf(one, () => false));
        const result = step.apply(dataOf(one));
        expect([...result.keys()]).toEqual([...predicted.keys()]);
        for (const [key, value] of result) {
          const format = predicted.get(key)!;
          expectFits(value, format);
          if (format.kind === 'tensor') expect(format.dtype).toBeDefined();
          if (format.kind === 'tensor')
            expect(format.shape!.every((axis) => typeof axis === 'number')).toBe(true);
        }
      }),
    );
  });

  it('leaves what its format step says when sizes are not known before', () => {
    fc.assert(
      fc.property(CASES[name], fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), (one, hidden) => {
        // Only a size that is known to be 1 can be told apart from others before data arrives.
        fc.pre(!(name === 'squeeze' && !('axis' in one.step)));
        const step = writtenStep(one.step);
        const predicted = step.format(formatsOf(one, (axis) => hidden[axis]));
        for (const [key, value] of step.apply(dataOf(one))) expectFits(value, predicted.get(key)!);
      }),
    );
  });

  it('leaves what its format step says when dtypes or shapes are not known at all', () => {
    fc.assert(
      fc.property(CASES[name], (one) => {
        const step = writtenStep(one.step);
        const result = step.apply(dataOf(one));
        const numbers = Object.values(one.values).every(({ dtype }) =>
          NUMBER_DTYPES.includes(dtype as never),
        );
        if (numbers) {
          const predicted = step.format(formatsOf(one, () => false, false));
          for (const [key, value] of result) expectFits(value, predicted.get(key)!);
        }
        const shapeless = new Map(
          Object.entries(one.values).map(([key, { dtype }]) => [key, { kind: 'tensor', dtype } as const]),
        );
        const predicted = step.format(shapeless);
        for (const [key, value] of result) {
          const format = predicted.get(key)!;
          expect(format).toMatchObject({ kind: 'tensor', dtype: isTensor(value) && value.dtype });
          expect((format as { shape?: unknown }).shape).toBeUndefined();
        }
      }),
    );
  });

  it('changes neither its input nor the flow that it was given', () => {
    fc.assert(
      fc.property(CASES[name], (one) => {
        const flow = dataOf(one);
        const copy = dataOf(one);
        writtenStep(one.step).apply(flow);
        expect(flow).toEqual(copy);
      }),
    );
  });
});

describe('numeric steps over a list of tensors', () => {
  const UNARY = (Object.keys(CASES) as Covered[]).filter((name) => BUILT_INS[name].over === 'value');

  it.each(UNARY)('%s is applied to each of them', (name) => {
    fc.assert(
      fc.property(CASES[name], (one) => {
        const step = writtenStep(one.step);
        const { dtype, shape } = one.values.a;
        const items = [counting(dtype, shape), counting(dtype, shape)];
        const single = step.apply(new Map([['a', items[0]]])).get('a');
        expect(step.apply(new Map([['a', items]])).get('a')).toEqual([single, single]);
        const item = { kind: 'tensor', dtype, shape } as const;
        const predicted = step.format(new Map([['a', { kind: 'list', item, length: 'n' }]])).get('a');
        expect(predicted).toEqual({
          kind: 'list',
          item: step.format(new Map([['a', item]])).get('a'),
          length: 'n',
        });
      }),
      { numRuns: 20 },
    );
  });
});
