import {
  planExperiments,
  TOPOLOGIES,
} from '../../../../../scripts/benchmark/comparisons/experiments/experiment-plan';
import { profileDurationMs } from '../../../../../contracts/benchmark/cells-of';
import { type Profile } from '../../../../../contracts/benchmark/profile-schema';

const profilesOf = (quick: boolean): Profile[] =>
  planExperiments({ quick, only: [] }).experiments.flatMap(({ profiles }) => profiles);

it('has the load of the published figures in both lengths', () => {
  for (const quick of [true, false]) {
    const fall = profilesOf(quick).find(({ profile }) => profile === 'fall-detection');
    expect(fall).toMatchObject({
      clients: expect.arrayContaining([16]) as unknown,
      devices: expect.arrayContaining([160]) as unknown,
    });
  }
});

it.each([
  [true, 2],
  [false, 12],
])('measures, quick or not (%p), for less than its minutes', (quick, minutes) => {
  // Answers come within a second of the last request, or else the wait for them is bounded by the profile.
  const seconds = profilesOf(quick).reduce((sum, profile) => {
    const cells = profileDurationMs(profile) / (profile.warmUp + profile.measure + profile.drain);
    return sum + (cells * (profile.warmUp + profile.measure)) / 1000;
  }, 0);
  expect(seconds * TOPOLOGIES.length).toBeLessThan(minutes * 60 * 0.9);
});

it('starts a topology once for the profiles of one pipeline', () => {
  const { experiments } = planExperiments({ quick: true, only: [] });
  expect(
    experiments.map(({ pipeline, profiles }) => [pipeline, ...profiles.map(({ profile }) => profile)]),
  ).toEqual([
    ['fall-detection', 'fall-detection', 'closed-loop'],
    ['scratch-detection', 'scratch-detection'],
  ]);
});

it.each([
  [['4-envoy'], ['4-envoy'], 3],
  [['closed-loop'], ['1-process', '1-envoy', '2-envoy', '4-envoy'], 1],
  [['scratch-detection', '1-process', '2-envoy'], ['1-process', '2-envoy'], 1],
])('keeps to %p', (only, topologies, profiles) => {
  const plan = planExperiments({ quick: true, only });
  expect(plan.topologies.map(({ id }) => id)).toEqual(topologies);
  expect(plan.experiments.flatMap((experiment) => experiment.profiles)).toHaveLength(profiles);
});

it('refuses a name that there is not', () => {
  expect(() => planExperiments({ quick: true, only: ['3-envoy'] })).toThrow(
    "'--only' must be names out of fall-detection, closed-loop, scratch-detection, 1-process, 1-envoy, 2-envoy, 4-envoy, got '3-envoy'",
  );
});
