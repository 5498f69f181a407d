import { SparingLog } from '../../../runtime/observability/sparing-log';

describe('a log of what may happen often', () => {
  it('writes the first line at once, and later one with how many it stands for', () => {
    jest.useFakeTimers();
    try {
      const written: unknown[] = [];
      const log = new SparingLog((fields) => written.push(fields));
      for (const call of [1, 2, 3]) log.say({ call });
      expect(written).toEqual([{ call: 1 }]);
      jest.advanceTimersByTime(10_001);
      for (const call of [4, 5]) log.say({ call });
      expect(written).toEqual([{ call: 1 }, { call: 4, unsaid: 2 }]);
    } finally {
      jest.useRealTimers();
    }
  });
});
