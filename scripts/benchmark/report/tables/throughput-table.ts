import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { formatNumber } from '../format-number';
import { describeLoad, groupByLoad } from '../measurements/load';
import { type Table } from './table';
import { verdictOf } from './verdict';

/** Answers a second and latency of loads that have neither devices at a rate nor images: closed loops, steps, bursts. */
export function throughputTable(measurements: readonly Measurement[]): Table {
  return {
    caption: 'Answers a second, and latency from sending in milliseconds',
    columns: [
      { title: 'Load' },
      { title: 'Deployment', kind: 'name' },
      { title: 'Answers/s', kind: 'number' },
      { title: 'Median', kind: 'number' },
      { title: '99th percentile', kind: 'number' },
      { title: 'Maximum', kind: 'number' },
      { title: 'Failed', kind: 'number' },
      { title: 'Lost', kind: 'number' },
      { title: 'Counts' },
    ],
    groups: groupByLoad(measurements).map((group) => ({
      header: [`${group[0].profile}: ${describeLoad(group[0])}`],
      rows: group.map((measurement) => {
        const { deployment, answersPerSecond, fromSent, counts } = measurement;
        const { text, invalid } = verdictOf(measurement);
        const times = [fromSent.median, fromSent.p99, fromSent.max];
        return {
          invalid,
          cells: [
            deployment,
            formatNumber(answersPerSecond),
            ...times.map((ms) => (fromSent.count === 0 ? '–' : formatNumber(ms))),
            counts.failed.toLocaleString('en-US'),
            counts.lost.toLocaleString('en-US'),
            text,
          ],
        };
      }),
    })),
  };
}
