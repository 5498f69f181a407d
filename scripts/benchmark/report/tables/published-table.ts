import { type Machine, type Measurement } from '../../../../contracts/benchmark/run-results';
import { formatNumber } from '../format-number';
import { describeMachine } from '../measurements/describe-machine';
import { describeLoad, loadKey } from '../measurements/load';
import { PUBLISHED_FIGURES, type PublishedFigure } from '../published-figures';
import { type Group, type Row, type Table } from './table';

/** Published figures, and below them ours of the same load; each with what it was measured on. */
export function publishedTable(measurements: readonly Measurement[], machine: Machine): Table {
  const loads = [...new Set(PUBLISHED_FIGURES.map((figure) => loadKey({ ...figure, batch: null })))];
  return {
    caption: 'Published figures beside ours for the same load, latency in milliseconds',
    columns: [
      { title: 'Load' },
      { title: 'Whose' },
      { title: 'Machine' },
      { title: 'Deployment', kind: 'name' },
      { title: '5th percentile', kind: 'number' },
      { title: 'Median', kind: 'number' },
      { title: '95th percentile', kind: 'number' },
      { title: 'Maximum', kind: 'number' },
      { title: 'Remarks' },
    ],
    groups: loads.map((key): Group => {
      const figures = PUBLISHED_FIGURES.filter((figure) => loadKey({ ...figure, batch: null }) === key);
      const ours = measurements.filter((measurement) => loadKey(measurement) === key);
      return {
        header: [describeLoad({ ...figures[0], batch: null })],
        rows: [...figures.map(publishedRow), ...ourRows(ours, machine)],
      };
    }),
  };
}

function publishedRow({ source, machine, deployment, latency, outcome }: PublishedFigure): Row {
  const ms = [latency?.p5, latency?.median, latency?.p95, latency?.max];
  return {
    cells: [
      source,
      machine,
      deployment,
      ...ms.map((value) => (value === undefined ? '–' : formatNumber(value))),
      outcome ?? '',
    ],
  };
}

function ourRows(measurements: readonly Measurement[], machine: Machine): Row[] {
  const place = describeMachine(machine);
  if (measurements.length === 0)
    return [{ cells: ['this run', place, '–', '–', '–', '–', '–', 'not measured under this load'] }];
  return measurements.map((measurement, index) => {
    const { deployment, fromDue, invalid } = measurement;
    const ms = [fromDue.p5, fromDue.median, fromDue.p95, fromDue.max];
    return {
      invalid: invalid.length > 0,
      cells: [
        'this run',
        index === 0 ? place : 'as above',
        deployment,
        ...ms.map((value) => (fromDue.count === 0 ? '–' : formatNumber(value))),
        invalid.length > 0 ? `does not count: ${invalid.join('; ')}` : '',
      ],
    };
  });
}
