import {
  type Distribution,
  type Measurement,
  type RunResults,
} from '../../../contracts/benchmark/run-results';

type Cell = string | number | null;

const PERCENTILES = ['min', 'p5', 'p25', 'median', 'p75', 'p95', 'p99', 'p999', 'max', 'mean'] as const;

/** The columns of the table of measurements, in their order. */
function row(measurement: Measurement): [name: string, value: Cell][] {
  const { counts, driver } = measurement;
  return [
    ['deployment', measurement.deployment],
    ['profile', measurement.profile],
    ['clients', measurement.clients],
    ['devices', measurement.devices],
    ['batch', measurement.batch],
    ['load', measurement.load ?? null],
    ['started_at', measurement.startedAt],
    ['warm_up_s', measurement.warmUpSeconds],
    ['measured_s', round(measurement.measuredSeconds)],
    ['due', counts.due],
    ['sent', counts.sent],
    ['answered', counts.answered],
    ['failed', counts.failed],
    ['lost', counts.lost],
    ['answers_per_s', round(measurement.answersPerSecond)],
    ...latency('from_due', measurement.fromDue),
    ...latency('from_sent', measurement.fromSent),
    ['in_flight_median', measurement.inFlight.median],
    ['in_flight_max', measurement.inFlight.max],
    ['driver_processes', driver.processes],
    ['driver_cpu_share', round(driver.cpuShare)],
    ['driver_lateness_p99_ms', round(driver.lateness.p99)],
    ['driver_lateness_max_ms', round(driver.lateness.max)],
    ['invalid', measurement.invalid.join('; ')],
  ];
}

function latency(name: string, distribution: Distribution): [string, Cell][] {
  return PERCENTILES.map((key) => [
    `${name}_${key}_ms`,
    // Of nothing there is no latency.
    distribution.count === 0 ? null : round(distribution[key]),
  ]);
}

/** A thousandth is beyond what any of these figures can tell. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** The measurements of a run as CSV (RFC 4180), one to a line. */
export function toCsv({ measurements }: RunResults): string {
  const rows = measurements.map(row);
  if (rows.length === 0) return '';
  const lines = [rows[0].map(([name]) => name), ...rows.map((cells) => cells.map(([, value]) => value))];
  return lines.map((cells) => `${cells.map(quote).join(',')}\r\n`).join('');
}

/** The seconds of every measurement as CSV, one to a line. */
export function toSecondsCsv({ measurements }: RunResults): string {
  const lines: Cell[][] = [
    ['measurement', 'second', 'sent', 'answered', 'failed', 'median_ms', 'p99_ms'],
    ...measurements.flatMap(({ seconds }, index) =>
      seconds.map((second): Cell[] => [
        index + 1,
        ...[second.at, second.sent, second.answered, second.failed],
        ...[second.medianMs, second.p99Ms].map((value) => (value === null ? null : round(value))),
      ]),
    ),
  ];
  return lines.map((cells) => `${cells.map(quote).join(',')}\r\n`).join('');
}

function quote(value: Cell): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
