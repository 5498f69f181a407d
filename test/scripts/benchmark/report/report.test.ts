import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderReport, writeReport } from '../../../../scripts/benchmark/report/report';
import { runResults } from '../../../../contracts/benchmark/run-results';
import { measurementOf, resultsOf, wholeRun } from '../../../fixtures/benchmark-results';
import { temporaryFolder } from '../../../fixtures/temporary-folder';

const headings = (html: string): string[] => [...html.matchAll(/<h2[^>]*>([^<]*)</g)].map(([, text]) => text);

describe('a report', () => {
  let html = '';
  beforeAll(async () => {
    html = await renderReport(wholeRun());
  });

  it('is the same of results that were written to a file and read again', async () => {
    const read = runResults.parse(JSON.parse(JSON.stringify(wholeRun())));
    expect(await renderReport(read)).toBe(html);
  });

  it('has every part', () => {
    expect(headings(html)).toEqual([
      'Notes of the run',
      'Fall detection: latency',
      'Beside the published figures',
      'Scratch detection: time for an image',
      'Throughput',
      'CPU, memory and network',
      'Latency densities',
      'Requests in flight',
      'CPU and network against load',
      'Over time',
    ]);
    for (const title of [
      'CPU of the servers against load',
      'CPU of the load balancer against load',
      'Network against load',
      'Server CPU for one answer against load',
      'Answers a second over time',
    ]) {
      expect(html).toContain(title);
    }
  });

  it('loads nothing and runs nothing', () => {
    expect(html).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|\bhref=|@import|url\(/i);
    // The name of SVG's namespace is a name: nothing is fetched from it.
    const addresses = [...html.matchAll(/https?:\/\/[^"\s<]*/g)].map(([address]) => address);
    expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']));
  });

  it('names machine and time, and says above everything that something does not count', () => {
    expect(html).toContain('2 cores of Example CPU, 8.00 GB, Linux 6.1 x64, Node v20.20.2');
    expect(html).toContain('2026-11-24 10:00:00 UTC');
    expect(html).toContain('1 of 32 measurements do not count');
    expect(html).toContain('no: the driver sent its requests up to 41 ms late');
  });

  it('has an id once only, and a caption in every table', () => {
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(html.match(/<caption>/g)?.length).toBe(html.match(/<table>/g)?.length);
  });

  it('has no text below ten pixels', () => {
    const sizes = [...html.matchAll(/font-size(?:="|: )(\d+)(?:px|")/g)].map(([, size]) => Number(size));
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(10);
  });
});

it('leaves out parts that have nothing to show', async () => {
  expect(headings(await renderReport(resultsOf([])))).toEqual([]);
  const pictures = measurementOf({ profile: 'scratch-detection', devices: null, batch: 4 });
  expect(headings(await renderReport(resultsOf([pictures])))).toEqual([
    'Scratch detection: time for an image',
    'CPU, memory and network',
    'Latency densities',
    'Requests in flight',
    'Over time',
  ]);
});

it('draws the loads of a profile of steps', async () => {
  const steps = [100, 200, 400].map((rate) =>
    measurementOf({ profile: 'steps', devices: null, load: `${rate} requests/s` }),
  );
  const html = await renderReport(resultsOf(steps));
  expect(html).toContain('Latency, 1 client, 400 requests/s');
});

it('splits requests in flight over pictures that fit a page', async () => {
  const loads = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((clients) =>
    ['a', 'b', 'c'].map((deployment) => measurementOf({ clients, deployment })),
  );
  const html = await renderReport(resultsOf(loads));
  expect(html).toContain('Requests in flight when one is sent, part 1 of 2');
  expect(html).toContain('Requests in flight when one is sent, part 2 of 2');
});

it('escapes what the run is called', async () => {
  const html = await renderReport(resultsOf([measurementOf({ deployment: '<b>"1"</b>' })], { name: 'a<b' }));
  expect(html).toContain('<h1>Benchmark: a&lt;b</h1>');
  expect(html).not.toContain('<b>');
});

it('is written into a folder that is made for it', async () => {
  const folder = join(temporaryFolder(), 'a', 'b');
  await writeReport(wholeRun(), folder);
  expect(readdirSync(folder)).toEqual(['report.html']);
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toBe(await renderReport(wholeRun()));
});
