import { counting } from '../../fixtures/numbers';
import { applyTo, formatOf } from './run-step';

describe('squeeze', () => {
  it('removes every axis of size 1, or the one that it is told', () => {
    const input = counting('int64', [1, 3, 1]);
    expect(applyTo(input, { use: 'squeeze' })).toEqual({ ...input, shape: [3] });
    expect(applyTo(input, { use: 'squeeze', axis: 0 }).shape).toEqual([3, 1]);
    expect(applyTo(input, { use: 'squeeze', axis: -1 }).shape).toEqual([1, 3]);
  });

  it('refuses an axis that is longer', () => {
    const message = 'cannot remove axis 1 of [1, 3]: its size is not 1';
    expect(() => formatOf({ shape: [1, 3] }, { use: 'squeeze', axis: 1 })).toThrow(message);
    expect(() => applyTo(counting('int8', [1, 3]), { use: 'squeeze', axis: 1 })).toThrow(message);
  });

  it('wants the axis named where sizes are not known before data arrives', () => {
    expect(() => formatOf({ shape: ['n', 1] }, { use: 'squeeze' })).toThrow(
      'cannot know which axes of [n, 1] are 1 before data arrives; name the one to remove with axis',
    );
    expect(formatOf({ shape: ['n', 3] }, { use: 'squeeze', axis: 0 }).shape).toEqual([3]);
  });

  it('removes the axis from the layout', () => {
    expect(formatOf({ shape: [1, 2, 2, 3], layout: 'NHWC' }, { use: 'squeeze' }).layout).toBe('HWC');
  });
});
