import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { formatNumber } from '../format-number';
import { groupByLoad } from '../measurements/load';
import { type Table } from './table';
import { verdictOf } from './verdict';

export interface ImageTime {
  /** Milliseconds of one image: the request's time by its images. */
  readonly mean: number;
  /** Undefined where there is only one request to tell from. */
  readonly deviation: number | undefined;
}

/** `120 ± 4.50`. */
export function formatImageTime({ mean, deviation }: ImageTime): string {
  return deviation === undefined ? formatNumber(mean) : `${formatNumber(mean)} ± ${formatNumber(deviation)}`;
}

/** Undefined where nothing was answered, or a request has no images. */
export function imageTimeOf({ fromSent, batch }: Measurement): ImageTime | undefined {
  if (batch === null || fromSent.count === 0) return undefined;
  return {
    mean: fromSent.mean / batch,
    deviation: fromSent.count > 1 ? fromSent.deviation / batch : undefined,
  };
}

/** Time for each image by batch and deployment, mean and deviation, as the published Table 4 has them. */
export function pictureTable(measurements: readonly Measurement[]): Table {
  return {
    caption: 'Time for one image, from sending the request, in milliseconds (mean ± standard deviation)',
    columns: [
      { title: 'Images a request', kind: 'number' },
      { title: 'Clients', kind: 'number' },
      { title: 'Deployment', kind: 'name' },
      { title: 'Time for an image', kind: 'number' },
      { title: 'Images/s', kind: 'number' },
      { title: 'Requests answered', kind: 'number' },
      { title: 'Counts' },
    ],
    groups: groupByLoad(measurements).map((group) => ({
      header: [String(group[0].batch ?? '–'), group[0].clients.toLocaleString('en-US')],
      rows: group.map((measurement) => {
        const time = imageTimeOf(measurement);
        const { text, invalid } = verdictOf(measurement);
        return {
          invalid,
          cells: [
            measurement.deployment,
            time ? formatImageTime(time) : '–',
            formatNumber(measurement.answersPerSecond * (measurement.batch ?? 1)),
            measurement.counts.answered.toLocaleString('en-US'),
            text,
          ],
        };
      }),
    })),
  };
}
