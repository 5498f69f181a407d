import { counting } from '../../fixtures/numbers';
import { applyTo, formatOf } from './run-step';

describe('expand', () => {
  it.each([
    [0, [1, 9, 4]],
    [1, [9, 1, 4]],
    [2, [9, 4, 1]],
    [-1, [9, 4, 1]],
    [-3, [1, 9, 4]],
  ])('inserts an axis at %i', (axis, shape) => {
    const input = counting('string', [9, 4]);
    const result = applyTo(input, { use: 'expand', axis });
    expect(result).toEqual({ ...input, shape });
    expect(result.data).toBe(input.data);
  });

  it('makes a vector of a scalar', () => {
    expect(applyTo(counting('int8', []), { use: 'expand' }).shape).toEqual([1]);
  });

  it('names a new first axis in the layout', () => {
    expect(formatOf({ shape: ['h', 'w', 3], layout: 'HWC' }, { use: 'expand' })).toMatchObject({
      layout: 'NHWC',
      shape: [1, 'h', 'w', 3],
    });
    expect(
      formatOf({ shape: [2, 2], layout: 'HW', vectorLength: true }, { use: 'expand', axis: 2 }),
    ).toMatchObject({
      layout: undefined,
      vectorLength: undefined,
    });
  });

  it.each([3, -4])('refuses an axis at %i of two', (axis) => {
    expect(() => formatOf({ shape: [9, 4] }, { use: 'expand', axis })).toThrow(
      `cannot put an axis at ${axis}: the shape is [9, 4], a new axis goes to 0 to 2, or -1 from the back`,
    );
  });
});
