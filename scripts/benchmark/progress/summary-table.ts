import Table from 'cli-table3';
import { type Measurement } from '../../../contracts/benchmark/run-results';

/** The columns for a person to read: what it was, what came of it. */
const COLUMNS: Readonly<Record<string, (measurement: Measurement) => string | number>> = {
  clients: ({ clients }) => clients,
  devices: ({ devices }) => devices ?? '–',
  batch: ({ batch }) => batch ?? '–',
  'due/s': ({ counts, measuredSeconds }) => (counts.due / Math.max(measuredSeconds, 0.001)).toFixed(1),
  'answers/s': ({ answersPerSecond }) => answersPerSecond.toFixed(1),
  'in flight': ({ inFlight }) => inFlight.max,
  median: ({ fromDue }) => ms(fromDue, 'median'),
  p95: ({ fromDue }) => ms(fromDue, 'p95'),
  p99: ({ fromDue }) => ms(fromDue, 'p99'),
  max: ({ fromDue }) => ms(fromDue, 'max'),
  failed: ({ counts }) => counts.failed,
  lost: ({ counts }) => counts.lost,
  valid: ({ invalid }) => (invalid.length === 0 ? 'yes' : 'no'),
};

function ms(latency: Measurement['fromDue'], key: 'median' | 'p95' | 'p99' | 'max'): string {
  return latency.count === 0 ? '–' : latency[key].toFixed(2);
}

/** The measurements of a run for a person to read. */
export function formatSummary(measurements: readonly Measurement[]): string {
  const table = new Table({
    head: Object.keys(COLUMNS),
    colAligns: Object.keys(COLUMNS).map(() => 'right'),
    style: { head: [], border: [], compact: true },
  });
  for (const measurement of measurements) {
    table.push(Object.values(COLUMNS).map((column) => column(measurement)));
  }
  const reasons = measurements.flatMap(({ invalid }, index) =>
    invalid.map((reason) => `measurement ${index + 1} is not valid: ${reason}`),
  );
  return [
    table.toString(),
    'latencies in milliseconds from the time at which a request was due',
    ...reasons,
  ].join('\n');
}
