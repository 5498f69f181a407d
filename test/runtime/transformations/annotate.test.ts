import { counting } from '../../fixtures/numbers';
import { applyTo, formatOf } from './run-step';

describe('annotate', () => {
  it('states facts and leaves the data and the other facts alone', () => {
    const input = counting('uint8', [2, 2]);
    expect(applyTo(input, { use: 'annotate', layout: 'HW' })).toBe(input);
    expect(
      formatOf(
        { dtype: 'uint8', shape: [2, 2], unit: 'm' },
        { use: 'annotate', layout: 'HW', normalized: true },
      ),
    ).toEqual({
      kind: 'tensor',
      dtype: 'uint8',
      shape: [2, 2],
      unit: 'm',
      layout: 'HW',
      normalized: true,
    });
  });
});
