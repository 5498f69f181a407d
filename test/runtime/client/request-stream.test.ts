import { backoffDelayMs } from '../../../runtime/client/request-stream';

const options = { initialDelayMs: 100, maxDelayMs: 1000 };

describe('backoffDelayMs', () => {
  it('doubles up to the longest delay', () => {
    const delays = [1, 2, 3, 4, 5, 50].map((attempt) => backoffDelayMs(attempt, options, () => 1));
    expect(delays).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  it('is shortened at random, by half at most', () => {
    expect(backoffDelayMs(2, options, () => 0)).toBe(100);
    expect(backoffDelayMs(2, options, () => 0.5)).toBe(150);
  });
});
