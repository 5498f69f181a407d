import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cellsOf } from '../../../contracts/benchmark/cells-of';
import { parseProfile, readProfile } from '../../../contracts/benchmark/read-profile';
import { loadRequests } from '../../../scripts/benchmark/driver/requests/load-requests';
import { ROOT } from '../../fixtures/package';

const EXPERIMENTS = join(ROOT, 'experiments');

function problemsOf(text: string): string {
  try {
    parseProfile(text, 'p.yaml');
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('readProfile', () => {
  it.each(readdirSync(EXPERIMENTS).filter((name) => name.endsWith('.yaml')))(
    'reads experiments/%s, which measures something within a few minutes and has its data',
    (name) => {
      const profile = readProfile(join(EXPERIMENTS, name));
      const cells = cellsOf(profile);
      expect(cells.length * (profile.warmUp + profile.measure)).toBeLessThanOrEqual(200_000);
      const { data } = cells[0];
      if (data.use !== 'scratch-detection') {
        expect(loadRequests(profile.service, data).frames.length).toBeGreaterThan(100);
      }
    },
  );

  it('makes a measurement of each number of clients with each number of devices', () => {
    const cells = cellsOf(parseProfile('profile: fall-detection'));
    expect(cells.map(({ clients, devices }) => `${clients}×${devices}`)).toEqual(
      [1, 4, 16].flatMap((clients) => [10, 20, 40, 80, 160].map((devices) => `${clients}×${devices}`)),
    );
    expect(cells[0]).toMatchObject({ batch: null, load: { kind: 'devices', rateHz: 2 } });
  });

  it('has the published scratch detection as its default', () => {
    const cells = cellsOf(parseProfile('{ profile: scratch-detection, measure: 30m }'));
    expect(cells.map(({ clients, batch }) => [clients, batch])).toEqual(
      [1, 2, 4].flatMap((clients) => [1, 4, 16].map((batch) => [clients, batch])),
    );
    expect(cells[0].load).toEqual({
      ...{ kind: 'scans', images: [50, 300], batch: 1, everyMs: 180_000, withinMs: 0 },
    });
  });

  it('takes one value where it takes a list', () => {
    const cells = cellsOf(parseProfile('{ profile: closed-loop, clients: 3, inFlight: 7 }'));
    expect(cells).toHaveLength(1);
    expect(cells[0]).toMatchObject({ clients: 3, load: { kind: 'closed', inFlight: 7 } });
  });

  it('looks files up from the folder of the document', () => {
    const profile = parseProfile('{ profile: fall-detection, recording: walk.csv }', 'p', '/somewhere');
    expect(profile).toMatchObject({ recording: '/somewhere/walk.csv' });
  });

  it.each([
    ['{ profile: fall-detektion }', 'p.yaml: profile: expected one of', 'did you mean "fall-detection"?'],
    ['{ clients: 1 }', 'p.yaml: profile: is missing'],
    ['{ profile: fall-detection, divices: 3 }', 'p.yaml: divices: is unknown; did you mean "devices"?'],
    ['{ profile: fall-detection, clients: 0 }', 'clients: expected at least 1, got number 0'],
    ['{ profile: fall-detection, clients: [1, x] }', 'clients[1]', 'got string "x"'],
    ['{ profile: fall-detection, warmUp: 3 }', 'warmUp: expected string, got number 3'],
    [
      '{ profile: fall-detection, warmUp: soon }',
      "warmUp: must be a number with a unit (ms, s, m, h), e.g. 30s, got 'soon'",
    ],
    ['{ profile: fall-detection, measure: 1ms }', "measure: must be from 100 ms to 86400000 ms, got '1ms'"],
    ['{ profile: scratch-detection, measure: 10s }', 'measure: must last at least as long as scan.every'],
    [
      '{ profile: scratch-detection, measure: 10m, scan: { images: [9, 3] } }',
      'scan.images: is the fewest and the most',
    ],
    ['{ profile: steps }', 'p.yaml: rates: is missing'],
    ['{ profile: custom, data: { use: fall-detection }, load: { rates: [1], inFlight: 1 } }', 'load'],
    [
      '{ profile: custom, load: { rates: [1] }, data: { use: files } }',
      'data: takes either inputs or requests',
    ],
    ['{ profile: custom, load: { rates: [1] }, data: { use: file } }', 'data.use', 'did you mean "files"?'],
    ['{ profile: fall-detection, scrape: { envoy: localhost } }', 'scrape.envoy'],
    ['profile: [', 'line 1'],
    ['', 'p.yaml: is empty'],
  ])('refuses %s', (text, ...parts) => {
    const message = problemsOf(text);
    for (const part of parts) expect(message).toContain(part);
  });
});
