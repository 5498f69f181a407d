import { judge } from '../../../../../scripts/benchmark/driver/measure/judge';
import { type LoadShare } from '../../../../../scripts/benchmark/driver/measure/load-record';
import { LATENCY, Recorder } from '../../../../../scripts/benchmark/driver/measure/recorder';

const LIMITS = { lateness: 5, cpuShare: 0.9 };

function spread(ms: number): LoadShare['fromDue'] {
  const recorder = new Recorder(LATENCY);
  for (let count = 0; count < 100; count++) recorder.record(ms);
  return recorder.toDistribution();
}

function share(other: Partial<LoadShare> = {}): LoadShare {
  return {
    ...{ startedAt: '2026-05-01T12:00:00.000Z', measuredSeconds: 10, answersInTime: 100, cpuShare: 0.3 },
    counts: { due: 100, sent: 100, answered: 100, failed: 0, lost: 0, byCode: {} },
    ...{ fromDue: spread(10), fromSent: spread(9), lateness: spread(0.1), inFlight: spread(1) },
    ...{ perClient: [], seconds: [], misplaced: 0 },
    ...other,
  };
}

describe('judge', () => {
  it('has nothing against a driver that had time', () => {
    expect(judge([share(), share()], LIMITS)).toEqual([]);
  });

  it.each([
    ['whose core was full', { cpuShare: 0.97 }, 'it used 97 % of a core (limit 90 %)'],
    [
      'that was late',
      { lateness: spread(8) },
      'it sent one request in a hundred 8 ms late or later (limit 5 ms)',
    ],
  ])('does not count what a driver measured %s, even if another was well', (_, other, reason) => {
    expect(judge([share(), share(other)], LIMITS)).toEqual([`the driver was the bottleneck: ${reason}`]);
  });

  it('lets a driver be late by what does not matter beside the latency', () => {
    expect(judge([share({ lateness: spread(40), fromDue: spread(500) })], LIMITS)).toEqual([]);
    expect(judge([share({ lateness: spread(60), fromDue: spread(500) })], LIMITS)).toHaveLength(1);
  });

  it.each([
    ['nothing was due', { due: 0, sent: 0, answered: 0 }, 'no request was due while measuring'],
    ['nothing could be sent', { sent: 0, answered: 0 }, 'no request could be sent'],
    ['nothing was answered', { answered: 0, lost: 100 }, 'none of 100 requests was answered'],
    [
      'everything failed',
      { answered: 0, failed: 100 },
      'all 100 answers were errors; the first: INTERNAL: oh',
    ],
  ])('does not count a measurement in which %s', (_, counts, reason) => {
    const failure = { code: 'INTERNAL', message: 'oh' };
    expect(judge([share({ counts: { ...share().counts, ...counts }, failure })], LIMITS)).toEqual([reason]);
  });

  it('counts a measurement with some failures: they are what was measured', () => {
    const counts = { ...share().counts, answered: 90, failed: 8, lost: 2 };
    expect(judge([share({ counts })], LIMITS)).toEqual([]);
  });
});
