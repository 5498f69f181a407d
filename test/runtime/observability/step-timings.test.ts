import { StepTimings } from '../../../runtime/observability/step-timings';

describe('the timings of a stream', () => {
  it('have count, mean and maximum of each part, in milliseconds', () => {
    const timings = new StepTimings();
    timings.step('preprocessing[0] scale', 10, 11);
    timings.step('preprocessing[0] scale', 20, 23);
    const times = { startedMs: 5, queueMs: 0.25, modelMs: 2, batchRequests: 1, batchRows: 1, stepMs: [4] };
    timings.predicted(times, ['postprocessing[0] softmax']);
    timings.answered(8.0004);
    expect(timings.summary()).toEqual({
      total: { count: 1, meanMs: 8, maxMs: 8 },
      'preprocessing[0] scale': { count: 2, meanMs: 2, maxMs: 3 },
      queue: { count: 1, meanMs: 0.25, maxMs: 0.25 },
      model: { count: 1, meanMs: 2, maxMs: 2 },
      'postprocessing[0] softmax': { count: 1, meanMs: 4, maxMs: 4 },
    });
  });

  it('say that nothing was answered', () => {
    expect(new StepTimings().summary()).toEqual({ total: { count: 0, meanMs: 0, maxMs: 0 } });
  });
});
