import { type Machine, type Measurement } from '../../../contracts/benchmark/run-results';
import { describeMachine, formatNumber } from './format';
import { describeLoad, isValid, loadKey } from './load';
import { type Row, type Table } from './table';

/** The load of the published figures. */
const LOAD = { profile: 'fall-detection', clients: 16, devices: 160, batch: null } as const;
const SOURCE = 'the published system, load experiments of fall detection';
const MACHINE = 'a Kubernetes cluster that is not described with these figures';
const PUBLISHED: readonly Row[] = [
  { cells: [SOURCE, MACHINE, '1 pod', '–', '–', '–', '–', 'failed under this load'] },
  { cells: [SOURCE, MACHINE, '4 pods behind a load balancer', '–', '3.62', '39.3', '462', ''] },
];

/** Published figures, and below them ours of the same load; without rows where the run has no fall detection. */
export function publishedTable(measurements: readonly Measurement[], machine: Machine): Table {
  const rows = [...PUBLISHED, ...ourRows(measurements, describeMachine(machine))];
  const numbers = ['5th percentile', 'Median', '95th percentile', 'Maximum'];
  return {
    caption: 'Published figures beside ours for the same load, latency in milliseconds',
    columns: [
      ...[{ title: 'Load' }, { title: 'Whose' }, { title: 'Machine' }],
      { title: 'Deployment', kind: 'name' },
      ...numbers.map((title) => ({ title, kind: 'number' as const })),
      { title: 'Remarks' },
    ],
    groups: measurements.length === 0 ? [] : [{ header: [describeLoad(LOAD)], rows }],
  };
}

function ourRows(measurements: readonly Measurement[], machine: string): Row[] {
  const ours = measurements.filter((measurement) => loadKey(measurement) === loadKey(LOAD));
  if (ours.length === 0)
    return [{ cells: ['this run', machine, '–', '–', '–', '–', '–', 'not measured under this load'] }];
  return ours.map((measurement, index) => {
    const { deployment, fromDue, invalid } = measurement;
    const times = [fromDue.p5, fromDue.median, fromDue.p95, fromDue.max];
    const figures = times.map((ms) => (fromDue.count === 0 ? '–' : formatNumber(ms)));
    const remark = isValid(measurement) ? '' : `does not count: ${invalid.join('; ')}`;
    const place = index === 0 ? machine : 'as above';
    return { invalid: !isValid(measurement), cells: ['this run', place, deployment, ...figures, remark] };
  });
}
