import fc from '../../fixtures/fast-check';
import { counting, elementsOf, fromNumbers, placesOf } from '../../fixtures/numbers';
import { applyTo, formatOf, parameterProblems } from './run-step';

describe('normalize', () => {
  it('subtracts one mean and divides by one deviation', () => {
    const result = applyTo(fromNumbers('uint8', [2], [0, 255]), { use: 'normalize', mean: 127.5, std: 2 });
    expect(elementsOf(result)).toEqual([-63.75, 63.75]);
  });

  it('takes one of each for each place along an axis', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.nat(), fc.boolean(), (shape, pick, single) => {
        const axis = pick % shape.length;
        const mean = Array.from({ length: shape[axis] }, (_, k) => k * 1.5 - 2);
        const std = Array.from({ length: shape[axis] }, (_, k) => k + 0.5);
        const input = counting('float64', shape);
        const values = elementsOf(input) as number[];
        const expected = placesOf(shape).map(
          (place, i) => (values[i] - mean[place[axis]]) / (single ? 3 : std[place[axis]]),
        );
        const step = { use: 'normalize', mean, std: single ? 3 : std, axis };
        expect(elementsOf(applyTo(input, step))).toEqual(expected);
        expect(elementsOf(applyTo(input, { ...step, axis: axis - shape.length }))).toEqual(expected);
      }),
    );
  });

  it('goes along the last axis by default, and says that the values are normalized', () => {
    expect(
      formatOf({ dtype: 'int16', shape: [9, 2], unit: 'millig' }, { use: 'normalize', mean: [1, 2], std: 1 }),
    ).toEqual({
      kind: 'tensor',
      dtype: 'float32',
      shape: [9, 2],
      unit: 'millig',
      normalized: true,
    });
  });

  it('refuses another number of means than the axis has places', () => {
    const step = { use: 'normalize', mean: [1, 2, 3], std: 1 };
    const message = 'has 3 means or deviations for axis -1, which has 4 places in [9, 4]';
    expect(() => formatOf({ dtype: 'int16', shape: [9, 4] }, step)).toThrow(message);
    expect(() => applyTo(counting('int16', [9, 4]), step)).toThrow(message);
    expect(formatOf({ dtype: 'int16', shape: [9, 'n'] }, step).shape).toEqual([9, 'n']);
  });

  it('names what is wrong with its parameters', () => {
    expect(parameterProblems('normalize', { mean: [1, 2], std: [1] })).toEqual([
      'std: must have as many entries as mean',
    ]);
    expect(parameterProblems('normalize', { mean: 1, std: 0 })).toEqual([
      'std: a standard deviation of 0 cannot be divided by',
    ]);
    expect(parameterProblems('normalize', { mean: [1, 'x'], std: [1, 0] })).toEqual([
      'mean[1]: expected number, got string "x"',
      'std[1]: a standard deviation of 0 cannot be divided by',
    ]);
    expect(parameterProblems('normalize', { mean: 'x', std: [] })).toEqual([
      'mean: expected number or list, got string "x"',
      'std: expected at least 1 entry, got a list of 0',
    ]);
  });
});
