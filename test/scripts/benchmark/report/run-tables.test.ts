import { publishedTable } from '../../../../scripts/benchmark/report/published-table';
import { tablesOf } from '../../../../scripts/benchmark/report/run-tables';
import { type Table, tableToHtml, tableToMarkdown } from '../../../../scripts/benchmark/report/table';
import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { distributionOf, measurementOf, resourceOf, resultsOf } from '../../../fixtures/benchmark-results';

/** The table of this id, of a run of these measurements. */
const table = (id: string, measurements: readonly Measurement[]): Table =>
  tablesOf(resultsOf(measurements)).find((titled) => titled.id === id)!.table;
const rowsOf = ({ groups }: Table): string[][] =>
  groups.flatMap(({ header, rows }) => rows.map(({ cells }) => [...header, ...cells]));
const hundred = distributionOf(Array.from({ length: 100 }, (_, index) => index + 1));

describe('the latency table', () => {
  it('has percentiles for each clients, devices and deployment, small loads first', () => {
    const latency = table('latency', [
      measurementOf({ clients: 16, devices: 160, fromDue: hundred }),
      measurementOf({ clients: 1, devices: 10, fromDue: hundred, deployment: '4 processes' }),
      measurementOf({ clients: 16, devices: 160, fromDue: hundred, deployment: '4 processes' }),
    ]);
    expect(rowsOf(latency)).toEqual([
      ['1', '10', '20.0', '4 processes', '5.00', '50.0', '95.0', '100', '100%', 'yes'],
      ['16', '160', '5,120', '1 process', '5.00', '50.0', '95.0', '100', '100%', 'yes'],
      ['16', '160', '5,120', '4 processes', '5.00', '50.0', '95.0', '100', '100%', 'yes'],
    ]);
  });

  it('marks what does not count, with the reason, and shows no figure where nothing was answered', () => {
    const counts = { due: 200, sent: 200, answered: 0, failed: 0, lost: 200, byCode: {} };
    const latency = table('latency', [
      measurementOf({ fromDue: distributionOf([]), counts, invalid: ['the driver was late', 'no answer'] }),
    ]);
    expect(latency.groups[0].rows).toEqual([
      {
        invalid: true,
        cells: ['1 process', '–', '–', '–', '–', '0%', 'no: the driver was late; no answer'],
      },
    ]);
  });
});

describe('the picture table', () => {
  it('has the time for one image: that of the request by its images', () => {
    const fromSent = { ...hundred, mean: 400, deviation: 20 };
    const counts = { due: 25, sent: 25, answered: 25, failed: 0, lost: 0, byCode: {} };
    const pictures = table('pictures', [
      measurementOf({
        profile: 'scratch-detection',
        devices: null,
        batch: 4,
        fromSent,
        counts,
        answersPerSecond: 2.5,
      }),
    ]);
    expect(rowsOf(pictures)).toEqual([['4', '1', '1 process', '100 ± 5.00', '10.0', '25', 'yes']]);
  });

  it('has none where nothing was answered', () => {
    const pictures = table('pictures', [
      measurementOf({ profile: 'scratch-detection', devices: null, batch: 1, fromSent: distributionOf([]) }),
    ]);
    expect(pictures.groups[0].rows[0].cells[1]).toBe('–');
  });
});

describe('the published table', () => {
  it('sets ours of the same load below the published figures, each with its machine', () => {
    const { machine } = resultsOf([]);
    const ours = measurementOf({ clients: 16, devices: 160, fromDue: hundred, deployment: '2 processes' });
    const rows = rowsOf(publishedTable([ours, measurementOf()], machine));
    expect(rows.map(([load, whose, , ...cells]) => [load, whose, ...cells])).toEqual([
      [
        '16 clients × 160 devices',
        expect.stringContaining('the published system'),
        '1 pod',
        '–',
        '–',
        '–',
        '–',
        'failed under this load',
      ],
      [
        '16 clients × 160 devices',
        expect.any(String),
        '4 pods behind a load balancer',
        '–',
        '3.62',
        '39.3',
        '462',
        '',
      ],
      ['16 clients × 160 devices', 'this run', '2 processes', '5.00', '50.0', '95.0', '100', ''],
    ]);
    expect(rows[2][2]).toBe('2 cores of Example CPU, 8.00 GB, Linux 6.1 x64, Node v20.20.2');
  });

  it('says so where the run has not measured the load', () => {
    expect(rowsOf(publishedTable([measurementOf()], resultsOf([]).machine)).at(-1)).toContain(
      'not measured under this load',
    );
  });
});

describe('the resource table', () => {
  it('adds up servers, sets the balancer apart, and takes the network of the host', () => {
    const resources = [
      resourceOf('runtime-1', { cpuCores: 0.5, memoryBytes: 80e6, meanBatchSize: 2 }),
      resourceOf('runtime-2', { cpuCores: 0.3, memoryBytes: 70e6, meanBatchSize: 4, sentBytesPerSecond: 1 }),
      resourceOf('envoy', { cpuCores: 0.2 }),
      resourceOf('node-exporter', { cpuCores: 2, receivedBytesPerSecond: 1e6, sentBytesPerSecond: 5e5 }),
    ];
    const [row] = rowsOf(table('resources', [measurementOf({ resources, answersPerSecond: 400 })]));
    expect(row.slice(2, 8)).toEqual(['0.800', '0.200', '2.00', '3.00', '150 MB', '1.50 MB/s']);
  });

  it('leaves open what no target tells', () => {
    const [row] = rowsOf(table('resources', [measurementOf()]));
    expect(row.slice(2, 8)).toEqual(['–', '–', '–', '–', '–', '–']);
  });
});

it('lists closed loops with their answers a second', () => {
  const throughput = table('throughput', [
    measurementOf({ profile: 'closed-loop', devices: null, answersPerSecond: 12_345.6, fromSent: hundred }),
  ]);
  expect(rowsOf(throughput)[0].slice(0, 6)).toEqual([
    'closed-loop: 1 client',
    '1 process',
    '12,346',
    '50.0',
    '99.0',
    '100',
  ]);
});

describe('a table in HTML', () => {
  const html = tableToHtml({
    caption: 'Times & <more>',
    columns: [{ title: 'Load' }, { title: 'Deployment', kind: 'name' }, { title: 'ms', kind: 'number' }],
    groups: [
      { header: ['1 × 10'], rows: [{ cells: ['a', '1'] }, { cells: ['b', '2'], invalid: true }] },
      { header: ['4 × 10'], rows: [{ cells: ['a', '3'] }] },
    ],
  });

  it('gives every head cell its scope', () => {
    const heads = [...html.matchAll(/<th ([^>]*)>([^<]*)</g)].map(([, attributes, text]) => [
      text,
      attributes,
    ]);
    expect(heads).toEqual([
      ['Load', 'scope="col" class="text"'],
      ['Deployment', 'scope="col" class="name"'],
      ['ms', 'scope="col" class="number"'],
      ['1 × 10', 'scope="rowgroup" rowspan="2" class="text"'],
      ['4 × 10', 'scope="row" class="text"'],
    ]);
  });

  it('escapes texts and marks what does not count', () => {
    expect(html).toContain('<caption>Times &amp; &lt;more&gt;</caption>');
    expect(html).toContain('<tr class="invalid"><td class="name">b</td>');
  });
});

it('is Markdown as well, where every row has its header cells', () => {
  const table: Table = {
    caption: 'Times',
    columns: [{ title: 'Load' }, { title: 'ms', kind: 'number' }],
    groups: [{ header: ['a|b'], rows: [{ cells: ['1'] }, { cells: ['2'] }] }],
  };
  expect(tableToMarkdown(table).split('\n')).toEqual([
    'Times:',
    '',
    '| Load | ms |',
    '| --- | ---: |',
    '| a\\|b | 1 |',
    '| a\\|b | 2 |',
  ]);
});
