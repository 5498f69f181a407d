import { fromNumbers } from '../../fixtures/numbers';
import { applyTo, formatOf } from './run-step';

describe('threshold', () => {
  it('tells which numbers are above the limit', () => {
    const result = applyTo(fromNumbers('float32', [4], [0.4, 0.5, 0.6, NaN]), {
      use: 'threshold',
      above: 0.5,
    });
    expect(result).toEqual({ dtype: 'bool', shape: [4], data: Uint8Array.of(0, 0, 1, 0) });
  });

  it('leaves nothing but shape and layout', () => {
    const input = { dtype: 'float32', shape: ['h', 'w'], layout: 'HW', unit: 'm', normalized: true } as const;
    expect(formatOf(input, { use: 'threshold', above: 1 })).toEqual({
      kind: 'tensor',
      dtype: 'bool',
      shape: ['h', 'w'],
      layout: 'HW',
    });
  });
});
