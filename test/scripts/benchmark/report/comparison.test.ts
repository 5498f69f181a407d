import {
  comparisonTable,
  machineDifferences,
  pairMeasurements,
  ratioOf,
} from '../../../../scripts/benchmark/report/comparison';
import { tableToTerminal } from '../../../../scripts/benchmark/report/table';
import { distributionOf, measurementOf, resourceOf, resultsOf } from '../../../fixtures/benchmark-results';

const hundred = distributionOf(Array.from({ length: 100 }, (_, index) => index + 1));
const halved = distributionOf(Array.from({ length: 100 }, (_, index) => (index + 1) / 2));

describe('pairs', () => {
  it('are measurements of the same load and deployment, small loads first', () => {
    const a = resultsOf([
      measurementOf({ clients: 4, deployment: 'x' }),
      measurementOf({ clients: 1, deployment: 'x' }),
      measurementOf({ clients: 1, deployment: 'only here' }),
    ]);
    const b = resultsOf([
      measurementOf({ clients: 1, deployment: 'x' }),
      measurementOf({ clients: 4, deployment: 'x' }),
      measurementOf({ clients: 4, devices: 20, deployment: 'x' }),
    ]);
    const pairs = pairMeasurements(a, b);
    expect(
      pairs.map((pair) => [pair.a.clients, pair.b.clients, pair.a.deployment, pair.b.deployment]),
    ).toEqual([
      [1, 1, 'x', 'x'],
      [4, 4, 'x', 'x'],
    ]);
  });

  it('are made by load alone where each run has one deployment', () => {
    const pairs = pairMeasurements(
      resultsOf([measurementOf({ deployment: 'before' })]),
      resultsOf([measurementOf({ deployment: 'after' })]),
    );
    expect(pairs.map(({ a, b }) => [a.deployment, b.deployment])).toEqual([['before', 'after']]);
  });

  it('keep the order of what was measured several times', () => {
    const rounds = (name: string) =>
      resultsOf([1, 2].map((second) => measurementOf({ measuredSeconds: second, deployment: name })));
    const pairs = pairMeasurements(rounds('x'), rounds('x'));
    expect(pairs.map(({ a, b }) => [a.measuredSeconds, b.measuredSeconds])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('tell loads apart that differ in what is in flight', () => {
    const loop = (load: string) => measurementOf({ profile: 'closed-loop', devices: null, load });
    const a = resultsOf([loop('16 in flight each')]);
    expect(() => pairMeasurements(a, resultsOf([loop('256 in flight each')]))).toThrow('no cell in common');
  });

  it('are refused where there are none, with what each run has', () => {
    const a = resultsOf([measurementOf({ deployment: 'x' })], { name: 'one' });
    const b = resultsOf([measurementOf({ clients: 4, deployment: 'y' })], { name: 'two' });
    expect(() => pairMeasurements(a, b)).toThrow(
      "the runs have no cell in common: 'one' has x (fall-detection, 1 client × 10 devices); 'two' has y (fall-detection, 4 clients × 10 devices)",
    );
    expect(() => pairMeasurements(a, resultsOf([]))).toThrow('has no measurement');
  });
});

describe('the table', () => {
  const a = measurementOf({ fromDue: hundred, answersPerSecond: 10 });
  const b = measurementOf({
    fromDue: halved,
    answersPerSecond: 20,
    resources: [resourceOf('runtime', { cpuCores: 0.1 })],
    invalid: ['late'],
  });
  const table = comparisonTable([{ a, b }], ['one', 'two']);

  it('has both figures and the ratio of B to A', () => {
    expect(table.groups.map(({ header }) => header)).toEqual([
      ['fall-detection: 1 client × 10 devices', '1 process'],
    ]);
    expect(table.groups[0].rows.map(({ cells }) => cells)).toEqual([
      ['answers/s', '10.0', '20.0', '× 2.00', 'B does not count: late'],
      ['median, ms', '50.0', '25.0', '× 0.500', ''],
      ['95th percentile, ms', '95.0', '47.5', '× 0.500', ''],
      ['maximum, ms', '100', '50.0', '× 0.500', ''],
      ['CPU for an answer, ms', '–', '5.00', '–', ''],
    ]);
    expect(table.groups[0].rows.every(({ invalid }) => invalid)).toBe(true);
  });

  it('breaks long remarks into lines in a terminal', () => {
    const late = { ...b, invalid: [Array.from({ length: 40 }, () => 'word').join(' ')] };
    const lines = tableToTerminal(comparisonTable([{ a, b: late }], ['one', 'two'])).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(190);
    expect(lines.join('').match(/word/g)).toHaveLength(40);
  });

  it('says a load and a deployment once in a terminal', () => {
    const lines = tableToTerminal(table);
    expect(lines.match(/1 client × 10 devices/g)).toHaveLength(1);
    expect(lines.match(/1 process/g)).toHaveLength(1);
    expect(lines).toContain('× 0.500');
  });
});

it.each([
  [2, 1, 0.5],
  [0, 1, undefined],
  [null, 1, undefined],
  [1, null, undefined],
])('has a ratio where there is one: %p, %p', (a, b, ratio) => expect(ratioOf(a, b)).toBe(ratio));

it('says where machines differ', () => {
  const { machine } = resultsOf([]);
  expect(machineDifferences(machine, { ...machine, memoryBytes: machine.memoryBytes + 1000 })).toEqual([]);
  expect(machineDifferences(machine, { ...machine, cores: 64, node: 'v24.0.0' })).toEqual([
    'cores: A has 2, B has 64',
    'Node: A has v20.20.2, B has v24.0.0',
  ]);
});
