import { type Measurement, type RunResults } from '../../../../contracts/benchmark/run-results';
import { latencyTable } from '../tables/latency-table';
import { pictureTable } from '../tables/picture-table';
import { publishedTable } from '../tables/published-table';
import { resourceTable } from '../tables/resource-table';
import { type Table } from '../tables/table';
import { throughputTable } from '../tables/throughput-table';

export interface TitledTable {
  readonly id: string;
  readonly title: string;
  readonly table: Table;
}

/** The tables that a run has measurements for. */
export function tablesOf({ measurements, machine }: RunResults): readonly TitledTable[] {
  const of = (...profiles: Measurement['profile'][]): Measurement[] =>
    measurements.filter(({ profile }) => profiles.includes(profile));
  const fall = of('fall-detection');
  const scratch = of('scratch-detection');
  const others = of('closed-loop', 'steps', 'burst', 'custom');
  return [
    ...(fall.length > 0
      ? [
          { id: 'latency', title: 'Fall detection: latency', table: latencyTable(fall) },
          { id: 'published', title: 'Beside the published figures', table: publishedTable(fall, machine) },
        ]
      : []),
    ...(scratch.length > 0
      ? [{ id: 'pictures', title: 'Scratch detection: time for an image', table: pictureTable(scratch) }]
      : []),
    ...(others.length > 0 ? [{ id: 'throughput', title: 'Throughput', table: throughputTable(others) }] : []),
    ...(measurements.length > 0
      ? [{ id: 'resources', title: 'CPU, memory and network', table: resourceTable(measurements) }]
      : []),
  ];
}
