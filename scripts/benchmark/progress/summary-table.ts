import Table from 'cli-table3';
import { type Measurement } from '../results/run-results';

/** The measurements of a run for a person to read. */
export function formatSummary(measurements: readonly Measurement[]): string {
  const table = new Table({
    head: [
      'clients',
      'devices',
      'batch',
      'answers/s',
      'median',
      'p95',
      'p99',
      'max',
      'failed',
      'lost',
      'valid',
    ],
    colAligns: [...Array<'right'>(10).fill('right'), 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { clients, devices, batch, answersPerSecond, fromDue, counts, invalid } of measurements) {
    const ms = (value: number): string => (fromDue.count === 0 ? '–' : value.toFixed(2));
    table.push([
      ...[clients, devices ?? '–', batch ?? '–', answersPerSecond.toFixed(1)],
      ...[fromDue.median, fromDue.p95, fromDue.p99, fromDue.max].map(ms),
      ...[counts.failed, counts.lost, invalid.length === 0 ? 'yes' : 'no'],
    ]);
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
