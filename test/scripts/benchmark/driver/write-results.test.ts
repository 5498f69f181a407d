import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LATENCY, Recorder } from '../../../../scripts/benchmark/driver/measure/recorder';
import { type Measurement, type RunResults } from '../../../../contracts/benchmark/run-results';
import { temporaryFolder } from '../../../fixtures/temporary-folder';
import { writeResults } from '../../../../scripts/benchmark/driver/write-results';

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

/** A CSV file of the run. */
function csvOf(name: 'results' | 'seconds', run: RunResults): string {
  const folder = join(temporaryFolder(), 'made');
  writeResults(run, folder);
  expect(readdirSync(folder).sort()).toEqual(['results.csv', 'results.json', 'seconds.csv']);
  return readFileSync(join(folder, `${name}.csv`), 'utf8');
}

describe('writeResults', () => {
  it('writes a line for each measurement, quoted where it must be', () => {
    const [header, line, ...rest] = csvOf(
      'results',
      results([measured([1, 2], { invalid: ['a "reason"', 'another'] })]),
    ).split('\r\n');
    const cells = header.split(',');
    expect(cells.slice(0, 6)).toEqual(['deployment', 'profile', 'clients', 'devices', 'batch', 'load']);
    expect(line).toMatch(/^"edge, one box",steps,1,,,,2026-05-01T12:00:00.000Z,1,2,3,3,2,1,0,1,1,/);
    expect(line).toMatch(/,"a ""reason""; another"$/);
    expect(rest).toEqual(['']);
  });

  it('leaves latencies out where nothing was answered', () => {
    const csv = csvOf('results', results([measured([])]));
    expect(csv).not.toMatch(/NaN|null|undefined/);
    const columns = csv.split('\r\n').map((line) => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/));
    expect(columns[1][columns[0].indexOf('from_due_median_ms')]).toBe('');
  });

  it('writes a line for each second', () => {
    expect(csvOf('seconds', results([measured([1, 2])])).split('\r\n')).toEqual([
      'measurement,second,sent,answered,failed,median_ms,p99_ms',
      '1,0,2,2,1,1,2',
      '',
    ]);
  });
});
