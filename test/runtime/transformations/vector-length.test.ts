import fc from '../../fixtures/fast-check';
import { type Tensor } from '../../../runtime/tensor/tensor';
import { counting, elementAt, elementsOf, fromNumbers, placesOf } from '../../fixtures/numbers';
import { flowOf, format, writtenStep } from './run-step';

function lengthsOf(input: Tensor, axis: number): Tensor {
  return writtenStep({ use: 'vector-length', axis })
    .apply(flowOf({ a: input }))
    .get('a.length') as Tensor;
}

describe('vector-length', () => {
  it('adds the Euclidean lengths along the axis as a second value', () => {
    const input = fromNumbers('int16', [2, 2], [3, 4, -5, 12]);
    const flow = writtenStep({ use: 'vector-length' }).apply(flowOf({ a: input }));
    expect([...flow.keys()]).toEqual(['a', 'a.length']);
    expect(flow.get('a')).toBe(input);
    expect(elementsOf(flow.get('a.length') as Tensor)).toEqual([5, 13]);
    expect(elementsOf(lengthsOf(input, 0))).toEqual([
      Math.fround(Math.hypot(3, 5)),
      Math.fround(Math.hypot(4, 12)),
    ]);
  });

  it('agrees with the definition for any rank and axis', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, pick) => {
        const axis = pick % shape.length;
        const input = counting('float64', shape);
        const expected = placesOf(shape.toSpliced(axis, 1)).map((place) => {
          const parts = Array.from({ length: shape[axis] }, (_, k) =>
            Number(elementAt(input, place.toSpliced(axis, 0, k))),
          );
          return Math.sqrt(parts.reduce((sum, part) => sum + part * part, 0));
        });
        expect(elementsOf(lengthsOf(input, axis))).toEqual(expected);
        expect(elementsOf(lengthsOf(input, axis - shape.length))).toEqual(expected);
      }),
    );
  });

  it('says of the vectors that their lengths are known, and keeps the unit for both', () => {
    const flow = new Map([['a', format({ dtype: 'float32', shape: ['n', 3], unit: 'millig' })]]);
    expect([...writtenStep({ use: 'vector-length' }).format(flow).values()]).toEqual([
      format({ dtype: 'float32', shape: ['n', 3], unit: 'millig', vectorLength: true }),
      format({ dtype: 'float32', shape: ['n'], unit: 'millig' }),
    ]);
  });

  it('names the lengths as the step says', () => {
    const step = writtenStep({ use: 'vector-length', as: 'norms' });
    expect([...step.apply(flowOf({ a: fromNumbers('int8', [1, 1], [1]) })).keys()]).toEqual(['a', 'norms']);
  });

  it('refuses an axis that is not there and a name that is taken', () => {
    const a = format({ dtype: 'float32', shape: [9, 3] });
    expect(() => writtenStep({ use: 'vector-length', axis: 2 }).format(new Map([['a', a]]))).toThrow(
      'has no axis 2: the shape is [9, 3], its axes are 0 to 1, or -1 from the back',
    );
    expect(() => lengthsOf(fromNumbers('int8', [], [1]), 0)).toThrow(
      'has no axis 0: the shape is [], a scalar has no axes',
    );
    const taken = new Map([
      ['a', a],
      ['a.length', a],
    ]);
    expect(() => writtenStep({ use: 'vector-length' }).format(taken)).toThrow(
      'would replace the value "a.length"; name the result with as',
    );
  });

  it('refuses a list of tensors', () => {
    const step = writtenStep({ use: 'vector-length' });
    const item = format({ dtype: 'float32', shape: [2, 2] });
    expect(() => step.format(new Map([['a', { kind: 'list', item, length: 2 }]]))).toThrow(
      'needs one tensor, got a list of 2 × (float32 [2, 2])',
    );
    expect(() => step.apply(flowOf({ a: [] }))).toThrow('needs one tensor as "a", got a list of 0 tensors');
  });
});
