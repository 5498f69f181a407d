import { counting, toNested } from '../../fixtures/numbers';
import { applyTo, formatOf, parameterProblems } from './run-step';

describe('slice', () => {
  it.each([
    [{ start: 1 }, [1, 2, 3, 4]],
    [{ end: 2 }, [0, 1]],
    [{ start: -2 }, [3, 4]],
    [{ start: 1, end: -1 }, [1, 2, 3]],
    [{ start: -3, end: -1 }, [2, 3]],
    [{ start: -4, end: 2 }, [1]],
  ])('takes %j', (range, expected) => {
    expect(toNested(applyTo(counting('int64', [5]), { use: 'slice', ...range }))).toEqual(expected);
  });

  it('cuts any axis', () => {
    expect(toNested(applyTo(counting('uint8', [2, 3]), { use: 'slice', axis: 1, start: 1 }))).toEqual([
      [1, 2],
      [4, 5],
    ]);
    expect(toNested(applyTo(counting('string', [2, 2]), { use: 'slice', axis: 0, start: 1 }))).toEqual([
      ['text 2', 'text 3'],
    ]);
  });

  it('knows the size where both ends count from the same side', () => {
    expect(formatOf({ shape: ['n'] }, { use: 'slice', start: 1, end: 3 }).shape).toEqual([2]);
    expect(formatOf({ shape: ['n'] }, { use: 'slice', start: -3, end: -1 }).shape).toEqual([2]);
    expect(formatOf({ shape: ['n'] }, { use: 'slice', start: 1 }).shape).toEqual(['slice(n,1,)']);
  });

  it('refuses a range beyond the axis', () => {
    const message = 'cannot take 1 to 6 of an axis of 5';
    expect(() => formatOf({ shape: [5] }, { use: 'slice', start: 1, end: 6 })).toThrow(message);
    expect(() => applyTo(counting('int8', [5]), { use: 'slice', start: 1, end: 6 })).toThrow(message);
    expect(() => applyTo(counting('int8', [5]), { use: 'slice', start: 3, end: -3 })).toThrow(
      'cannot take 3 to -3',
    );
    expect(parameterProblems('slice', { start: 2, end: 2 })).toEqual(['end: must be after start']);
  });
});
