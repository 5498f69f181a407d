import {
  type Distribution,
  type Measurement,
  type RunResults,
} from '../../../contracts/benchmark/run-results';
import { formatBytes, formatNumber, formatPercent } from './format';
import { describeLoad, dueEachSecond, groupByLoad, isValid } from './load';
import { publishedTable } from './published-table';
import { summarizeResources, type ResourceSummary } from './resource-summary';
import { type Column, type Table, tableToTerminal } from './table';

interface TitledTable {
  readonly id: string;
  readonly title: string;
  readonly table: Table;
}

export function tablesOf({ measurements, machine }: RunResults): readonly TitledTable[] {
  const of = (...profiles: Measurement['profile'][]): Measurement[] =>
    measurements.filter(({ profile }) => profiles.includes(profile));
  const [fall, pictures] = [of('fall-detection'), of('scratch-detection')];
  const others = of('closed-loop', 'steps', 'burst', 'custom');
  const tables = [
    { id: 'latency', title: 'Fall detection: latency', table: latencyTable(fall) },
    { id: 'published', title: 'Beside the published figures', table: publishedTable(fall, machine) },
    { id: 'pictures', title: 'Scratch detection: time for an image', table: pictureTable(pictures) },
    { id: 'throughput', title: 'Throughput', table: throughputTable(others) },
    { id: 'resources', title: 'CPU, memory and network', table: resourceTable(measurements) },
  ];
  return tables.filter(({ table }) => table.groups.length > 0);
}

/** A run for a terminal: one line a measurement, and why some do not count. */
export function formatSummary(measurements: readonly Measurement[]): string {
  const columns = [
    numbers('clients', ({ clients }) => String(clients)),
    numbers('devices', ({ devices }) => String(devices ?? NONE)),
    numbers('batch', ({ batch }) => String(batch ?? NONE)),
    numbers('due/s', (measurement) => dueEachSecond(measurement).toFixed(1)),
    numbers('answers/s', ({ answersPerSecond }) => answersPerSecond.toFixed(1)),
    numbers('in flight', ({ inFlight }) => String(inFlight.max)),
    ...(['median', 'p95', 'p99', 'max'] as const).map((key) =>
      numbers(key, ({ fromDue }) => (fromDue.count === 0 ? NONE : fromDue[key].toFixed(2))),
    ),
    numbers('failed', ({ counts }) => String(counts.failed)),
    numbers('lost', ({ counts }) => String(counts.lost)),
    numbers('valid', (measurement) => (isValid(measurement) ? 'yes' : 'no')),
  ];
  const rows = measurements.map((measurement) => ({ cells: columns.map(({ of }) => of(measurement)) }));
  const reasons = measurements.flatMap(({ invalid }, index) =>
    invalid.map((reason) => `measurement ${index + 1} is not valid: ${reason}`),
  );
  return [
    tableToTerminal({ caption: '', columns, groups: [{ header: [], rows }] }),
    'latencies in milliseconds from the time at which a request was due',
    ...reasons,
  ].join('\n');
}

const NONE = '–';

interface Field extends Column {
  readonly of: (measurement: Measurement) => string;
}

/** A row a measurement; the `header` fields are the same for all measurements of one load. */
function tableOf(
  caption: string,
  measurements: readonly Measurement[],
  header: readonly Field[],
  fields: readonly Field[],
): Table {
  return {
    caption,
    columns: [...header, ...fields],
    groups: groupByLoad(measurements).map((group) => ({
      header: header.map(({ of }) => of(group[0])),
      rows: group.map((measurement) => ({
        invalid: !isValid(measurement),
        cells: fields.map(({ of }) => of(measurement)),
      })),
    })),
  };
}

function numbers(title: string, of: Field['of']): Field {
  return { title, kind: 'number', of };
}

/** Milliseconds, where anything was answered. */
function latency(
  title: string,
  from: 'fromDue' | 'fromSent',
  key: Exclude<keyof Distribution, 'buckets'>,
): Field {
  return numbers(title, ({ [from]: times }) => (times.count === 0 ? NONE : formatNumber(times[key])));
}

const LOAD: Field = {
  title: 'Load',
  of: (measurement) => `${measurement.profile}: ${describeLoad(measurement)}`,
};
const CLIENTS = numbers('Clients', ({ clients }) => clients.toLocaleString('en-US'));
const DEPLOYMENT: Field = { title: 'Deployment', kind: 'name', of: ({ deployment }) => deployment };
const COUNTS: Field = {
  title: 'Counts',
  of: ({ invalid }) => (invalid.length === 0 ? 'yes' : `no: ${invalid.join('; ')}`),
};

/** Latency by clients, devices and deployment, as in the published Table A1. */
function latencyTable(measurements: readonly Measurement[]): Table {
  const caption = 'Latency from the time at which a request was due, in milliseconds';
  const header = [
    CLIENTS,
    numbers('Devices each', ({ devices }) => devices?.toLocaleString('en-US') ?? NONE),
    numbers('Requests/s due', (measurement) => formatNumber(dueEachSecond(measurement))),
  ];
  return tableOf(caption, measurements, header, [
    DEPLOYMENT,
    latency('5th percentile', 'fromDue', 'p5'),
    latency('Median', 'fromDue', 'median'),
    latency('95th percentile', 'fromDue', 'p95'),
    latency('Maximum', 'fromDue', 'max'),
    numbers('Answered', ({ counts: { due, answered } }) =>
      due === 0 ? NONE : formatPercent(answered / due),
    ),
    COUNTS,
  ]);
}

/** Time for each image by batch and deployment, as in the published Table 4. */
function pictureTable(measurements: readonly Measurement[]): Table {
  const caption = 'Time for one image, from sending the request, in milliseconds (mean ± standard deviation)';
  const header = [numbers('Images a request', ({ batch }) => String(batch ?? NONE)), CLIENTS];
  return tableOf(caption, measurements, header, [
    DEPLOYMENT,
    numbers('Time for an image', imageTime),
    numbers('Images/s', ({ answersPerSecond, batch }) => formatNumber(answersPerSecond * (batch ?? 1))),
    numbers('Requests answered', ({ counts }) => counts.answered.toLocaleString('en-US')),
    COUNTS,
  ]);
}

/** `120 ± 4.50`: the time of a request by its images; of one answer there is no deviation. */
function imageTime({ fromSent: { count, mean, deviation }, batch }: Measurement): string {
  if (batch === null || count === 0) return NONE;
  return [mean, ...(count > 1 ? [deviation] : [])].map((ms) => formatNumber(ms / batch)).join(' ± ');
}

/** Loads that have neither devices at a rate nor images: closed loops, steps, bursts. */
function throughputTable(measurements: readonly Measurement[]): Table {
  const caption = 'Answers a second, and latency from sending in milliseconds';
  return tableOf(
    caption,
    measurements,
    [LOAD],
    [
      DEPLOYMENT,
      numbers('Answers/s', ({ answersPerSecond }) => formatNumber(answersPerSecond)),
      latency('Median', 'fromSent', 'median'),
      latency('99th percentile', 'fromSent', 'p99'),
      latency('Maximum', 'fromSent', 'max'),
      numbers('Failed', ({ counts }) => counts.failed.toLocaleString('en-US')),
      numbers('Lost', ({ counts }) => counts.lost.toLocaleString('en-US')),
      COUNTS,
    ],
  );
}

function resourceTable(measurements: readonly Measurement[]): Table {
  const use = (title: string, key: keyof ResourceSummary, format = formatNumber): Field =>
    numbers(title, (measurement) => {
      const value = summarizeResources(measurement)[key];
      return value === null ? NONE : format(value);
    });
  return tableOf(
    'CPU, memory and network while measuring, and the driver itself',
    measurements,
    [LOAD],
    [
      DEPLOYMENT,
      use('Server CPU, cores', 'serverCores'),
      use('Balancer CPU, cores', 'balancerCores'),
      use('CPU for an answer, ms', 'cpuMsPerAnswer'),
      use('Rows a run', 'meanBatchSize'),
      use('Server memory', 'memoryBytes', formatBytes),
      use('Network', 'networkBytesPerSecond', (bytes) => `${formatBytes(bytes)}/s`),
      numbers('Driver CPU', ({ driver }) => formatPercent(driver.cpuShare)),
      numbers('Driver late, 99th, ms', ({ driver }) => formatNumber(driver.lateness.p99)),
    ],
  );
}
