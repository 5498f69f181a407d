import fc from '../../fixtures/fast-check';
import { counting, elementAt, elementsOf, placesOf, toNested } from '../../fixtures/numbers';
import { applyTo, formatOf, parameterProblems } from './run-step';

describe('window', () => {
  it('cuts the first axis into sliding windows', () => {
    expect(toNested(applyTo(counting('int16', [5]), { use: 'window', size: 3 }))).toEqual([
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 4],
    ]);
    expect(toNested(applyTo(counting('int16', [5]), { use: 'window', size: 2, stride: 2 }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it('puts every element where the definition says, for any axis', () => {
    const cases = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }).chain((shape) =>
      fc.nat(shape.length - 1).chain((axis) =>
        fc.record({
          shape: fc.constant(shape),
          axis: fc.constant(axis),
          size: fc.integer({ min: 1, max: shape[axis] }),
          stride: fc.integer({ min: 1, max: 3 }),
        }),
      ),
    );
    fc.assert(
      fc.property(cases, ({ shape, axis, size, stride }) => {
        const input = counting('int64', shape);
        const result = applyTo(input, { use: 'window', size, stride, axis });
        const expected = placesOf(result.shape).map((place) =>
          elementAt(input, place.toSpliced(axis, 2, place[axis] * stride + place[axis + 1])),
        );
        expect(elementsOf(result)).toEqual(expected);
      }),
    );
  });

  it('says how many windows there will be, when it knows', () => {
    expect(formatOf({ shape: [1200, 3], unit: 'g' }, { use: 'window', size: 9 })).toMatchObject({
      shape: [1192, 9, 3],
      unit: 'g',
    });
    expect(formatOf({ shape: ['n', 3] }, { use: 'window', size: 9, stride: 2 }).shape).toEqual([
      'windows(n,9,2)',
      9,
      3,
    ]);
  });

  it('refuses an axis that is shorter than one window', () => {
    const message = 'needs at least 9 along the axis for one window, got 8';
    expect(() => formatOf({ shape: [8, 3] }, { use: 'window', size: 9 })).toThrow(message);
    expect(() => applyTo(counting('int8', [8, 3]), { use: 'window', size: 9 })).toThrow(message);
    expect(parameterProblems('window', { size: 0, stride: 0.5 })).toEqual([
      'size: expected at least 1, got number 0',
      'stride: expected integer, got number 0.5',
    ]);
  });
});
