import { findEnvoy } from '../../../../../scripts/envoy/envoy-program';
import {
  type ExperimentPlan,
  TOPOLOGIES,
} from '../../../../../scripts/benchmark/comparisons/experiments/experiment-plan';
import {
  runExperiments,
  type ExperimentsOptions,
} from '../../../../../scripts/benchmark/comparisons/experiments/run-experiments';
import { parseProfile } from '../../../../../contracts/benchmark/read-profile';
import { type Measurement, runResults } from '../../../../../contracts/benchmark/run-results';
import { resultsOf } from '../../../../fixtures/benchmark-results';
import { describeWith } from '../../../../fixtures/tools';

const tiny = parseProfile(
  JSON.stringify({
    profile: 'fall-detection',
    clients: 2,
    devices: 5,
    rate: 20,
    warmUp: '100ms',
    measure: '500ms',
    drain: '2s',
    scrapeInterval: '100ms',
    // Other tests keep the machine busy: how late the driver is is no matter here.
    limits: { lateness: '10s', cpuShare: 1 },
  }),
);

function planOf(...ids: string[]): ExperimentPlan {
  return {
    topologies: TOPOLOGIES.filter(({ id }) => ids.includes(id)),
    experiments: [{ pipeline: 'fall-detection', profiles: [tiny] }],
  };
}

const options = (fields: Partial<ExperimentsOptions>): ExperimentsOptions => ({
  plan: planOf('1-process'),
  machine: resultsOf([]).machine,
  envoy: undefined,
  placement: { serverCores: [], driverCore: undefined, note: 'Not pinned.' },
  quota: undefined,
  notes: [],
  ...fields,
});

/** Ten devices at 20 a second for half a second: a hundred, give or take those at the edges; and all of them answered. */
function expectWhole({ due, answered, failed, lost }: Measurement['counts']): void {
  expect(Math.abs(due - 100)).toBeLessThanOrEqual(5);
  expect({ answered, failed, lost }).toEqual({ answered: due, failed: 0, lost: 0 });
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describeWith('build', 'experiments', () => {
  it('measure a server that they start, and leave none behind', async () => {
    const pids: number[] = [];
    const soFar: number[] = [];
    const results = await runExperiments(
      options({
        onTopology: (_topology, started) => pids.push(...started),
        onResults: ({ measurements }) => soFar.push(measurements.length),
      }),
    );
    expect(() => runResults.parse(results)).not.toThrow();
    expect(results.endedEarly).toBeUndefined();
    expect(results.measurements).toEqual([
      expect.objectContaining({ deployment: '1 process', clients: 2, devices: 5, invalid: [] }),
    ]);
    const [{ counts, resources }] = results.measurements;
    expectWhole(counts);
    expect(resources.map(({ target }) => target)).toEqual(['runtime-1']);
    expect(resources[0].cpuCores).toBeGreaterThan(0);
    expect(soFar).toEqual([1]);
    expect(pids).toHaveLength(1);
    expect(pids.filter(isAlive)).toEqual([]);
  }, 60_000);

  it('leave out what needs Envoy where there is none, and say so', async () => {
    const results = await runExperiments(options({ plan: planOf('2-envoy', '4-envoy') }));
    expect(results.measurements).toEqual([]);
    expect(results.notes).toContain(
      'Left out, because this machine has no Envoy: 2 processes behind Envoy, 4 processes behind Envoy.',
    );
  });

  it('go on with the next topology when one cannot be started', async () => {
    const broken = { path: '/no/such/envoy', version: '0.0.0' };
    const pids: number[] = [];
    const results = await runExperiments(
      options({
        plan: planOf('1-envoy', '1-process'),
        envoy: broken,
        onTopology: (_, ids) => pids.push(...ids),
      }),
    );
    expect(results.measurements.map(({ deployment }) => deployment)).toEqual(['1 process']);
    expect(results.notes?.at(-1)).toMatch(
      /^1 process behind Envoy, fall-detection: could not be started: Envoy has ended/,
    );
    expect(pids.filter(isAlive)).toEqual([]);
  }, 60_000);

  it('go on when a server ends while it is measured, and keep what it did until then', async () => {
    const results = await runExperiments(
      options({ onTopology: (_topology, [pid]) => void setTimeout(() => process.kill(pid, 'SIGKILL'), 700) }),
    );
    expect(results.endedEarly).toBeUndefined();
    expect(results.notes?.at(-1)).toMatch(/^1 process, fall-detection: ended early with fall-detection: /);
  }, 60_000);

  it('end early when they are stopped, with everything stopped that they started', async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const results = await runExperiments(
      options({
        signal: controller.signal,
        onTopology: (_topology, started) => {
          pids.push(...started);
          controller.abort(new Error('stopped by SIGINT'));
        },
      }),
    );
    expect(results.endedEarly).toBe('stopped by SIGINT');
    expect(pids).toHaveLength(1);
    expect(pids.filter(isAlive)).toEqual([]);
  }, 60_000);
});

describeWith(['build', 'Envoy'], 'experiments behind Envoy', () => {
  it('send the streams of two clients to two servers', async () => {
    const pids: number[] = [];
    const results = await runExperiments(
      options({
        plan: planOf('2-envoy'),
        envoy: findEnvoy(),
        onTopology: (_topology, started) => pids.push(...started),
      }),
    );
    expect(results.notes).toContainEqual(
      expect.stringMatching(/^Envoy \d+\.\d+\.\d+ sent streams to the servers in turn/),
    );
    const [{ counts, resources, deployment }] = results.measurements;
    expect(deployment).toBe('2 processes behind Envoy');
    expectWhole(counts);
    const byName = new Map(resources.map((use) => [use.target, use]));
    expect([...byName.keys()].sort()).toEqual(['envoy', 'envoy-process', 'runtime-1', 'runtime-2']);
    // Both have run the model, and Envoy has passed it on.
    expect(byName.get('runtime-1')?.meanBatchSize).toBeGreaterThanOrEqual(1);
    expect(byName.get('runtime-2')?.meanBatchSize).toBeGreaterThanOrEqual(1);
    expect(byName.get('envoy')?.receivedBytesPerSecond).toBeGreaterThan(0);
    expect(pids).toHaveLength(3);
    expect(pids.filter(isAlive)).toEqual([]);
  }, 60_000);
});
