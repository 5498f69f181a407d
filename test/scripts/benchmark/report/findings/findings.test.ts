import { findingsOf } from '../../../../../scripts/benchmark/report/findings/findings';
import { type Measurement } from '../../../../../contracts/benchmark/run-results';
import { distributionOf, measurementOf, resourceOf, resultsOf } from '../../../../fixtures/benchmark-results';

function sentences(subject: string, measurements: readonly Measurement[], fields = {}): readonly string[] {
  return (
    findingsOf(resultsOf(measurements, fields)).find((findings) => findings.subject === subject)?.sentences ??
    []
  );
}

const hundred = distributionOf(Array.from({ length: 100 }, (_, index) => index + 1));
const lossy = { due: 1000, sent: 1000, answered: 900, failed: 20, lost: 80, byCode: { UNAVAILABLE: 20 } };

describe('what counts', () => {
  it('is said of all, of one and of none', () => {
    expect(sentences('What counts', [])).toEqual(['Nothing was measured.']);
    expect(sentences('What counts', [measurementOf()])).toEqual(['The only measurement counts.']);
    expect(sentences('What counts', [measurementOf(), measurementOf()])).toEqual([
      'All 2 measurements count.',
    ]);
  });

  it('names what does not count with its reason, and an early end', () => {
    const measurements = [measurementOf(), measurementOf({ clients: 4, invalid: ['the driver was late'] })];
    expect(sentences('What counts', measurements, { endedEarly: 'interrupted' })).toEqual([
      'The run ended before its last measurement: interrupted.',
      '1 of 2 measurements count. The others do not, and no sentence below rests on them:',
      'fall-detection, 1 process at 4 clients × 10 devices: the driver was late.',
    ]);
  });
});

describe('fall detection', () => {
  it('has the largest load that was answered whole, and the first that was not', () => {
    expect(
      sentences('Fall detection', [
        measurementOf({ clients: 16, counts: lossy }),
        measurementOf({ clients: 1, fromDue: hundred }),
      ]),
    ).toEqual([
      'The largest load of which 1 process answered every request is 1 client × 10 devices (20.0 requests a second), with a median of 50.0 ms, a 95th percentile of 95.0 ms and a maximum of 100 ms. At 16 clients × 10 devices (100 requests a second) 2% of the requests failed, 8% of the requests were never answered.',
    ]);
  });

  it('claims nothing of loads whose measurements do not count', () => {
    const [sentence] = sentences('Fall detection', [
      measurementOf(),
      measurementOf({ clients: 16, invalid: ['late'] }),
    ]);
    expect(sentence).toMatch(/is 1 client × 10 devices .* Measurements of larger ones do not count\.$/);
    expect(sentences('Fall detection', [measurementOf({ invalid: ['late'] })])).toEqual([]);
  });

  it('says so where no load was answered whole', () => {
    expect(sentences('Fall detection', [measurementOf({ counts: lossy })])[0]).toMatch(
      /^There is no load of which 1 process answered every request\. At /,
    );
  });

  it('compares deployments at the largest load that several have', () => {
    const slow = { ...hundred, p95: 300 };
    expect(
      sentences('Fall detection', [
        measurementOf({ fromDue: hundred }),
        measurementOf({ fromDue: slow, deployment: '2 processes' }),
        measurementOf({ clients: 4, fromDue: slow, deployment: '2 processes' }),
      ]).at(-1),
    ).toBe(
      'At 1 client × 10 devices, the largest load with more than one deployment, the 95th percentile is lowest with 1 process (95.0 ms) and highest with 2 processes (300 ms).',
    );
  });
});

describe('what an answer costs', () => {
  const costing = (clients: number, cpuCores: number, meanBatchSize: number | null): Measurement =>
    measurementOf({
      clients,
      answersPerSecond: clients * 100,
      resources: [resourceOf('runtime', { cpuCores, meanBatchSize })],
    });

  it.each([
    [0.1, 0.8, 'falls from 1.00 ms at 1 client × 10 devices to 0.500 ms at 16 clients × 10 devices'],
    [0.1, 3.2, 'rises from 1.00 ms'],
    [0.1, 1.62, 'stays about the same, from 1.00 ms'],
  ])('tells the way from %d cores to %d', (small, large, expected) => {
    expect(
      sentences('What an answer costs', [costing(1, small, null), costing(16, large, null)])[0],
    ).toContain(expected);
  });

  it('tells how many rows a run had, where that is known', () => {
    expect(sentences('What an answer costs', [costing(1, 0.1, 1), costing(16, 0.8, 4)])[0]).toMatch(
      /; a run of the model took 1\.00 rows there and 4\.00 here\.$/,
    );
  });

  it('is silent without CPU figures, and with a single load', () => {
    expect(sentences('What an answer costs', [measurementOf(), measurementOf({ clients: 4 })])).toEqual([]);
    expect(sentences('What an answer costs', [costing(1, 0.1, null)])).toEqual([]);
  });
});

it('compares the time for an image in the smallest batch and in the largest', () => {
  const pictures = (batch: number, mean: number): Measurement =>
    measurementOf({
      profile: 'scratch-detection',
      devices: null,
      batch,
      fromSent: { ...hundred, mean, deviation: batch },
    });
  expect(sentences('Scratch detection', [pictures(16, 800), pictures(1, 100)])).toEqual([
    'With 1 process an image takes 100 ± 1.00 ms in requests of 1, and 50.0 ± 1.00 ms in requests of 16: 0.500 times as long.',
  ]);
});

it('has the most answers of each deployment, and the ratio to the first', () => {
  const loop = (deployment: string, answersPerSecond: number): Measurement =>
    measurementOf({ profile: 'closed-loop', devices: null, deployment, answersPerSecond });
  expect(sentences('Most answers', [loop('a', 900), loop('a', 1000), loop('b', 1500)])).toEqual([
    'With a a closed loop has at most 1,000 answers a second (1 client).',
    'With b a closed loop has at most 1,500 answers a second (1 client), 1.50 times as many as with a.',
  ]);
});

it.each([
  ['has no measurement of that load', [measurementOf()]],
  [
    "'s measurements of that load do not count",
    [measurementOf({ clients: 16, devices: 160, invalid: ['x'] })],
  ],
  ['This run: 1 process, median', [measurementOf({ clients: 16, devices: 160 })]],
])('sets beside the published figures what there is: %s', (expected, measurements) => {
  const [sentence] = sentences('Beside the published figures', measurements);
  expect(sentence).toContain(
    '4 pods behind a load balancer, median 3.62, 95th percentile 39.3, maximum 462 ms',
  );
  expect(sentence).toContain(expected);
});
