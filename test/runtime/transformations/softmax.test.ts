import { elementsOf, fromNumbers, toNested } from '../../fixtures/numbers';
import { applyTo, formatOf } from './run-step';

describe('softmax', () => {
  it('turns scores into probabilities along the axis', () => {
    const logs = [1, 2, 3, 6].map(Math.log);
    const result = applyTo(fromNumbers('float64', [4], logs), { use: 'softmax' });
    [1 / 12, 2 / 12, 3 / 12, 6 / 12].forEach((expected, i) =>
      expect(elementsOf(result)[i]).toBeCloseTo(expected, 12),
    );
    const columns = applyTo(fromNumbers('int32', [2, 2], [5, 0, 5, 0]), { use: 'softmax', axis: 0 });
    expect(toNested(columns)).toEqual([
      [0.5, 0.5],
      [0.5, 0.5],
    ]);
  });

  it('does not overflow on large scores', () => {
    expect(elementsOf(applyTo(fromNumbers('float32', [2], [3e38, 3e38]), { use: 'softmax' }))).toEqual([
      0.5, 0.5,
    ]);
    expect(elementsOf(applyTo(fromNumbers('float32', [2], [-1e4, 0]), { use: 'softmax' }))).toEqual([0, 1]);
  });

  it('leaves no unit', () => {
    expect(formatOf({ dtype: 'int8', shape: [2], unit: 'm' }, { use: 'softmax' })).toEqual(
      expect.objectContaining({ dtype: 'float32', unit: undefined }),
    );
  });
});
