import { elementsOf, fromNumbers } from '../../fixtures/numbers';
import { applyTo } from './run-step';

describe('sigmoid', () => {
  it('turns each score into a probability', () => {
    const result = applyTo(fromNumbers('float64', [5], [0, Math.log(3), -Math.log(3), 1000, -1000]), {
      use: 'sigmoid',
    });
    [0.5, 0.75, 0.25, 1, 0].forEach((expected, i) => expect(elementsOf(result)[i]).toBeCloseTo(expected, 12));
    expect(elementsOf(applyTo(fromNumbers('float32', [1], [NaN]), { use: 'sigmoid' }))).toEqual([NaN]);
  });
});
