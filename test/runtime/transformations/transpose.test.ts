import fc from '../../fixtures/fast-check';
import { DTYPES } from '../../../contracts/values/dtype';
import { counting, elementAt, elementsOf, placesOf, toNested } from '../../fixtures/numbers';
import { applyTo, formatOf, parameterProblems } from './run-step';

describe('transpose', () => {
  it('reverses the axes by default', () => {
    expect(toNested(applyTo(counting('int16', [2, 3]), { use: 'transpose' }))).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
  });

  it('puts every element where the definition says, for any dtype, shape and order', () => {
    const cases = fc
      .array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 })
      .chain((shape) =>
        fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
      );
    fc.assert(
      fc.property(fc.constantFrom(...DTYPES), cases, (dtype, [shape, axes]) => {
        const input = counting(dtype, shape);
        const result = applyTo(input, { use: 'transpose', axes });
        expect(result.shape).toEqual(axes.map((axis) => shape[axis]));
        const expected = placesOf(result.shape).map((place) => {
          const source = new Array<number>(shape.length);
          axes.forEach((axis, i) => (source[axis] = place[i]));
          return elementAt(input, source);
        });
        expect(elementsOf(result)).toEqual(expected);
      }),
    );
  });

  it('leaves a scalar as it is', () => {
    expect(elementsOf(applyTo(counting('int8', []), { use: 'transpose' }))).toEqual([0]);
  });

  it('reorders the layout with the axes', () => {
    expect(
      formatOf({ shape: ['h', 'w', 3], layout: 'HWC' }, { use: 'transpose', axes: [2, 0, 1] }),
    ).toMatchObject({
      layout: 'CHW',
      shape: [3, 'h', 'w'],
    });
  });

  it('refuses another number of axes, and axes that are not each once', () => {
    expect(() => formatOf({ shape: [2, 3] }, { use: 'transpose', axes: [2, 0, 1] })).toThrow(
      'reorders 3 axes, got [2, 3], which has 2',
    );
    expect(parameterProblems('transpose', { axes: [0, 0] })).toEqual([
      'axes: must name each axis from 0 on once, e.g. [2, 0, 1]',
    ]);
    expect(parameterProblems('transpose', { axes: [0, -1] })).toEqual([
      'axes[1]: expected at least 0, got number -1',
      'axes: must name each axis from 0 on once, e.g. [2, 0, 1]',
    ]);
  });
});
