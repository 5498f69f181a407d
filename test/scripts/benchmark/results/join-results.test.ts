import { LATENCY, Recorder } from '../../../../scripts/benchmark/measure/recorder';
import { joinResults } from '../../../../scripts/benchmark/results/join-results';
import { runResults, type Measurement, type RunResults } from '../../../../contracts/benchmark/run-results';
import { toCsv, toSecondsCsv } from '../../../../scripts/benchmark/results/results-csv';

function distributionOf(...values: number[]): Measurement['fromDue'] {
  const recorder = new Recorder(LATENCY);
  for (const value of values) recorder.record(value);
  return recorder.toDistribution();
}

function measured(latencies: number[], other: Partial<Measurement> = {}): Measurement {
  const count = latencies.length;
  const fromDue = distributionOf(...latencies);
  return {
    ...{ deployment: 'edge, one box', profile: 'steps', clients: 1, devices: null, batch: null },
    ...{ startedAt: '2026-05-01T12:00:00.000Z', warmUpSeconds: 1, measuredSeconds: 2 },
    counts: { due: count + 1, sent: count + 1, answered: count, failed: 1, lost: 0, byCode: { INTERNAL: 1 } },
    answersPerSecond: count / 2,
    ...{ fromDue, fromSent: fromDue, inFlight: distributionOf() },
    perClient: [{ client: 0, answered: count, failed: 1, fromDue }],
    seconds: [
      { at: 0, sent: count, answered: count, failed: 1, medianMs: fromDue.median, p99Ms: fromDue.p99 },
    ],
    driver: { processes: 1, lateness: distributionOf(0.1), cpuShare: 0.2 },
    ...{ resources: [], invalid: [] },
    ...other,
  };
}

function results(measurements: Measurement[], other: Partial<RunResults> = {}): RunResults {
  return {
    ...{ format: 'mis-bench/1', name: 'steps' },
    ...{ startedAt: '2026-05-01T11:59:00.000Z', finishedAt: '2026-05-01T12:01:00.000Z' },
    machine: { cpu: 'x', cores: 2, memoryBytes: 1, system: 'Linux', node: 'v20' },
    measurements,
    ...other,
  };
}

/** For `toEqual`: a number near to this. */
function about(value: number, digits = 2): number {
  return expect.closeTo(value, digits) as number;
}

describe('joinResults', () => {
  it('adds what is counted and merges what is distributed', () => {
    const one = measured([1, 2, 3], {
      driver: { processes: 2, lateness: distributionOf(0.1), cpuShare: 0.9 },
    });
    const other = measured([10, 20], { startedAt: '2026-05-01T12:00:00.500Z', invalid: ['it rained'] });
    const joined = joinResults([results([one]), results([other])]);
    runResults.parse(joined);
    const [found] = joined.measurements;
    expect(found).toMatchObject({
      ...{ clients: 2, startedAt: one.startedAt, answersPerSecond: 2.5 },
      counts: { due: 7, sent: 7, answered: 5, failed: 2, byCode: { INTERNAL: 2 } },
      driver: { processes: 3, cpuShare: 0.9, lateness: { count: 2 } },
      invalid: ['it rained'],
    });
    expect(found.fromDue).toEqual({
      ...distributionOf(1, 2, 3, 10, 20),
      mean: about(7.2),
      deviation: about(7.139),
    });
    expect(found.perClient.map(({ client, answered }) => [client, answered])).toEqual([
      [0, 3],
      [1, 2],
    ]);
    expect(found.seconds).toEqual([
      {
        at: 0,
        sent: 5,
        answered: 5,
        failed: 2,
        medianMs: about((2 * 3 + 10 * 2) / 5, 1),
        p99Ms: about(20, 1),
      },
    ]);
  });

  it('does not count runs that did not load the server together', () => {
    const late = measured([1], { startedAt: '2026-05-01T12:00:07.000Z' });
    const [found] = joinResults([results([measured([1])]), results([late])]).measurements;
    expect(found.invalid).toEqual(['the joined runs began 7.0 s apart']);
  });

  it.each([
    ['deployment', { deployment: 'other' }, 'deployment is edge, one box, other'],
    ['profile', { profile: 'burst' as const }, 'profile is steps, burst'],
    ['devices', { devices: 3 }, 'devices is null, 3'],
  ])('refuses runs that differ in %s', (_, other, message) => {
    expect(() => joinResults([results([measured([1])]), results([measured([1], other)])])).toThrow(
      `measurement 1 is not the same in all runs: ${message}`,
    );
  });

  it('refuses runs of different lengths, unless one ended early', () => {
    const long = results([measured([1]), measured([2])]);
    const short = results([measured([1])]);
    expect(() => joinResults([long, short])).toThrow('different numbers of measurements: 2, 1');
    const joined = joinResults([long, { ...short, endedEarly: 'stopped by SIGINT' }]);
    expect(joined).toMatchObject({ endedEarly: 'stopped by SIGINT', measurements: [{ clients: 2 }] });
  });

  it('keeps one of two looks at the same target', () => {
    const looked = (count: number): Measurement['resources'][number] => ({
      ...{ target: 'runtime', cpuCores: count, memoryBytes: null, receivedBytesPerSecond: null },
      ...{ sentBytesPerSecond: null, gpuUtilization: null, meanBatchSize: null },
      samples: Array.from({ length: count }, (_, at) => ({ at, cpuCores: null, memoryBytes: null })),
    });
    const parts = [1, 3].map((count) => results([measured([1], { resources: [looked(count)] })]));
    expect(joinResults(parts).measurements[0].resources).toEqual([looked(3)]);
  });
});

describe('toCsv', () => {
  it('writes a line for each measurement, quoted where it must be', () => {
    const [header, line, ...rest] = toCsv(
      results([measured([1, 2], { invalid: ['a "reason"', 'another'] })]),
    ).split('\r\n');
    const cells = header.split(',');
    expect(cells.slice(0, 6)).toEqual(['deployment', 'profile', 'clients', 'devices', 'batch', 'load']);
    expect(line).toMatch(/^"edge, one box",steps,1,,,,2026-05-01T12:00:00.000Z,1,2,3,3,2,1,0,1,1,/);
    expect(line).toMatch(/,"a ""reason""; another"$/);
    expect(rest).toEqual(['']);
  });

  it('leaves latencies out where nothing was answered', () => {
    const csv = toCsv(results([measured([])]));
    expect(csv).not.toMatch(/NaN|null|undefined/);
    const columns = csv.split('\r\n').map((line) => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/));
    expect(columns[1][columns[0].indexOf('from_due_median_ms')]).toBe('');
  });

  it('writes a line for each second', () => {
    expect(toSecondsCsv(results([measured([1, 2])])).split('\r\n')).toEqual([
      'measurement,second,sent,answered,failed,median_ms,p99_ms',
      '1,0,2,2,1,1,2',
      '',
    ]);
  });
});
