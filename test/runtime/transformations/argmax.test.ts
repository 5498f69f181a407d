import fc from '../../fixtures/fast-check';
import { counting, elementAt, elementsOf, fromNumbers, placesOf, toNested } from '../../fixtures/numbers';
import { applyTo, formatOf } from './run-step';

describe('argmax', () => {
  it('finds the first of the largest numbers', () => {
    const result = applyTo(fromNumbers('float32', [4], [1, 7, 7, 2]), { use: 'argmax' });
    expect(result).toEqual({ dtype: 'int64', shape: [], data: BigInt64Array.of(1n) });
  });

  it('takes the first NaN for the largest', () => {
    expect(elementsOf(applyTo(fromNumbers('float32', [4], [1, NaN, 7, NaN]), { use: 'argmax' }))).toEqual([
      1,
    ]);
  });

  it('agrees with the definition for any axis', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        shapes,
        fc.nat(),
        fc.infiniteStream(fc.integer({ min: -3, max: 3 })),
        (shape, pick, stream) => {
          const axis = pick % shape.length;
          const count = elementsOf(counting('int8', shape)).length;
          const input = fromNumbers('int8', shape, [...stream.take(count)]);
          const result = applyTo(input, { use: 'argmax', axis });
          const expected = placesOf(shape.toSpliced(axis, 1)).map((place) => {
            const row = Array.from({ length: shape[axis] }, (_, k) =>
              Number(elementAt(input, place.toSpliced(axis, 0, k))),
            );
            return row.indexOf(Math.max(...row));
          });
          expect(elementsOf(result)).toEqual(expected);
        },
      ),
    );
  });

  it('keeps the axis when asked to', () => {
    expect(toNested(applyTo(counting('int8', [2, 3]), { use: 'argmax', keepAxis: true }))).toEqual([
      [2],
      [2],
    ]);
  });

  it('refuses an empty axis', () => {
    const message = 'axis -1 is empty: none of its places is the largest';
    expect(() => formatOf({ dtype: 'int8', shape: [2, 0] }, { use: 'argmax' })).toThrow(message);
    expect(() => applyTo(counting('int8', [2, 0]), { use: 'argmax' })).toThrow(message);
  });
});
