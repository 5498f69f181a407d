import { RestartPolicy } from '../../../../runtime/inferencer/sessions/restart-policy';
import { ManualClock } from '../../../fixtures/manual-clock';

it('starts again at once the first time, then ever later, and sees a loop in five ends within a minute', () => {
  const policy = new RestartPolicy(new ManualClock());
  const restarts = Array.from({ length: 12 }, () => policy.next());
  expect(restarts.map(({ delayMs }) => delayMs)).toEqual([
    0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000, 10_000,
  ]);
  expect(restarts.findIndex(({ isLoop }) => isLoop)).toBe(4);
});

it('forgets ends that are a minute old', () => {
  const clock = new ManualClock();
  const policy = new RestartPolicy(clock);
  for (let end = 0; end < 6; end++) policy.next();
  clock.advance(60_000);
  expect(policy.next()).toEqual({ delayMs: 0, isLoop: false });
});
