import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { formatNumber, formatPercent } from '../format-number';
import { dueEachSecond, groupByLoad } from '../measurements/load';
import { type Table } from './table';
import { verdictOf } from './verdict';

/** Latency percentiles for each number of clients and devices and each deployment, as the published Table A1 has them. */
export function latencyTable(measurements: readonly Measurement[]): Table {
  return {
    caption: 'Latency from the time at which a request was due, in milliseconds',
    columns: [
      { title: 'Clients', kind: 'number' },
      { title: 'Devices each', kind: 'number' },
      { title: 'Requests/s due', kind: 'number' },
      { title: 'Deployment', kind: 'name' },
      { title: '5th percentile', kind: 'number' },
      { title: 'Median', kind: 'number' },
      { title: '95th percentile', kind: 'number' },
      { title: 'Maximum', kind: 'number' },
      { title: 'Answered', kind: 'number' },
      { title: 'Counts' },
    ],
    groups: groupByLoad(measurements).map((group) => {
      const [{ clients, devices }] = group;
      return {
        header: [
          formatNumberWhole(clients),
          devices === null ? '–' : formatNumberWhole(devices),
          formatNumber(dueEachSecond(group[0])),
        ],
        rows: group.map((measurement) => {
          const { fromDue, deployment, counts } = measurement;
          const { text, invalid } = verdictOf(measurement);
          const percentiles = [fromDue.p5, fromDue.median, fromDue.p95, fromDue.max];
          const answered = counts.due === 0 ? '–' : formatPercent(counts.answered / counts.due);
          return {
            invalid,
            cells: [
              deployment,
              ...percentiles.map((ms) => (fromDue.count === 0 ? '–' : formatNumber(ms))),
              answered,
              text,
            ],
          };
        }),
      };
    }),
  };
}

function formatNumberWhole(value: number): string {
  return value.toLocaleString('en-US');
}
