import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Distribution,
  type Measurement,
  type RunResults,
} from '../../../contracts/benchmark/run-results';

/** Writes `results.json`, `results.csv` and `seconds.csv` to a folder, which is made; each file is replaced as a whole. */
export function writeResults(results: RunResults, folder: string): void {
  mkdirSync(folder, { recursive: true });
  replace(join(folder, 'results.json'), `${JSON.stringify(results)}\n`);
  replace(join(folder, 'results.csv'), toCsv(results.measurements.map(columnsOf)));
  replace(join(folder, 'seconds.csv'), toCsv(results.measurements.flatMap(secondsOf)));
}

/** A reader never sees half a file, nor does a run that is killed leave one. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

type Row = Readonly<Record<string, string | number | null>>;

const PERCENTILES = ['min', 'p5', 'p25', 'median', 'p75', 'p95', 'p99', 'p999', 'max', 'mean'] as const;

function columnsOf(measurement: Measurement): Row {
  const { deployment, profile, clients, devices, batch, load = null, counts, driver } = measurement;
  const { due, sent, answered, failed, lost } = counts;
  return {
    ...{ deployment, profile, clients, devices, batch, load },
    started_at: measurement.startedAt,
    warm_up_s: measurement.warmUpSeconds,
    measured_s: round(measurement.measuredSeconds),
    ...{ due, sent, answered, failed, lost },
    answers_per_s: round(measurement.answersPerSecond),
    ...latency('from_due', measurement.fromDue),
    ...latency('from_sent', measurement.fromSent),
    in_flight_median: measurement.inFlight.median,
    in_flight_max: measurement.inFlight.max,
    driver_processes: driver.processes,
    driver_cpu_share: round(driver.cpuShare),
    driver_lateness_p99_ms: round(driver.lateness.p99),
    driver_lateness_max_ms: round(driver.lateness.max),
    invalid: measurement.invalid.join('; '),
  };
}

function latency(name: string, times: Distribution): Row {
  return Object.fromEntries(
    PERCENTILES.map((key) => [`${name}_${key}_ms`, times.count === 0 ? null : round(times[key])]),
  );
}

function secondsOf({ seconds }: Measurement, index: number): Row[] {
  return seconds.map(({ at, sent, answered, failed, medianMs, p99Ms }) => ({
    ...{ measurement: index + 1, second: at, sent, answered, failed },
    median_ms: medianMs === null ? null : round(medianMs),
    p99_ms: p99Ms === null ? null : round(p99Ms),
  }));
}

/** To a thousandth, beyond which none of these figures is exact. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function toCsv(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const lines = [Object.keys(rows[0]), ...rows.map((row) => Object.values(row))];
  return lines.map((cells) => `${cells.map(quote).join(',')}\r\n`).join('');
}

function quote(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
