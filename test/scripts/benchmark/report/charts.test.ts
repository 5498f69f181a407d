import fc from '../../../fixtures/fast-check';
import {
  type Chart,
  drawChart,
  logAxis,
  markerOf,
  seriesChannels,
} from '../../../../scripts/benchmark/report/chart';
import { BINS_PER_DECADE, densityChart, logBins } from '../../../../scripts/benchmark/report/density-chart';
import { chartsOf } from '../../../../scripts/benchmark/report/run-charts';
import {
  distributionOf,
  latencies,
  measurementOf,
  resultsOf,
  wholeRun,
} from '../../../fixtures/benchmark-results';

const find = (name: string, results = wholeRun()): Chart =>
  chartsOf(results)
    .flatMap(({ charts }) => charts)
    .find((chart) => chart.name === name)!;

/** Ends of each path of a class of marks, in pixels of the plane. */
const paths = (svg: string, mark: string): string[] =>
  [...svg.matchAll(new RegExp(`<g class="mark-${mark}[^>]*>(.*?)</g>`, 'gs'))].flatMap(([, group]) =>
    [...group.matchAll(/ d="([^"]+)"/g)].map(([, d]) => d),
  );

describe('a picture', () => {
  it('is one image with its title and description, and refers to nothing', async () => {
    const svg = await drawChart({ ...find('server-cpu'), title: 'CPU & <load>', description: 'seen "so"' });
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 \d+ \d+" width="\d+"/);
    expect(svg).toContain('role="img" aria-label="CPU &amp; &lt;load&gt;. seen &quot;so&quot;"');
    expect(svg).toContain('CPU &amp; &lt;load&gt;</text>');
    expect(svg).not.toMatch(/href|url\(|xlink|<script/);
  });

  it('is as wide as the others, whatever its labels', async () => {
    const svgs = await Promise.all(
      ['server-cpu', 'in-flight', 'network'].map((name) => drawChart(find(name))),
    );
    expect(svgs.map((svg) => /width="(\d+)"/.exec(svg)?.[1])).toEqual(['600', '600', '600']);
  });

  it('breaks a long title into lines', async () => {
    const title = 'word '.repeat(40).trim();
    const svg = await drawChart({ ...find('server-cpu'), title });
    const lines = [...svg.matchAll(/>((?:word ?)+)<\/tspan>/g)].map(([, line]) => line.trim());
    expect(lines.join(' ')).toBe(title);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('joins points in the order of x, upwards for larger y', async () => {
    const seconds = [3, 1, 2].map((answered, at) => ({
      ...{ at, sent: 4, answered, failed: 0, medianMs: 1, p99Ms: null },
    }));
    const name = 'answers-a-second-over-time-fall-detection-1-client-x-10-devices';
    const svg = await drawChart(find(name, resultsOf([measurementOf({ seconds })])));
    const [line] = paths(svg, 'line');
    const points = line
      .split(/[ML]/)
      .slice(1)
      .map((pair) => pair.split(',').map(Number));
    const [[x0, y0], [x1, y1], [x2, y2]] = points;
    expect(points).toHaveLength(3);
    expect(x1 - x0).toBeCloseTo(x2 - x1, 1);
    expect(y0).toBeLessThan(y2);
    expect(y2).toBeLessThan(y1);
  });

  it('marks a single point, also where points have no markers', async () => {
    const seconds = [5, null].map((p99Ms, at) => ({
      at,
      sent: 1,
      answered: 1,
      failed: 0,
      medianMs: 1,
      p99Ms,
    }));
    const name = '99th-percentile-of-latency-over-time-fall-detection-1-client-x-10-devices';
    const symbols = paths(await drawChart(find(name, resultsOf([measurementOf({ seconds })]))), 'symbol');
    // Arcs: the legend has lines.
    expect(symbols.filter((d) => d.includes('A'))).toHaveLength(1);
  });

  it('has the median of requests in flight inside the box that holds half of them', async () => {
    const svg = await drawChart(
      find('in-flight', resultsOf([measurementOf({ inFlight: distributionOf(latencies(20)) })])),
    );
    const [, middle] = paths(svg, 'rect').map((d) => {
      const [, left, width] = /M([\d.]+),[\d.]+h([\d.]+)/.exec(d)!.map(Number);
      return { left, right: left + width };
    });
    const [tick] = paths(svg, 'rect')
      .slice(-1)
      .map((d) => Number(/M([\d.]+)/.exec(d)![1]));
    expect(tick).toBeGreaterThan(middle.left);
    expect(tick).toBeLessThan(middle.right);
  });
});

describe('densities', () => {
  it('share all values out over bins of equal ratio', () => {
    const bins = logBins(distributionOf(latencies(3)));
    expect(bins.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    for (const { from, to } of bins) expect(to / from).toBeCloseTo(10 ** (1 / BINS_PER_DECADE), 9);
  });

  it('put a value that is a bound into the bin below it', () => {
    expect(
      logBins(distributionOf([1, 1, 10])).map(({ to, share }) => [Number(to.toFixed(6)), share]),
    ).toEqual([
      [1, 2 / 3],
      ...Array.from({ length: 19 }, (_, i) => [Number((10 ** ((i + 1) / 20)).toFixed(6)), 0]),
      [10, 1 / 3],
    ]);
  });

  it('have no bin for values without a logarithm, which still are part of the whole', () => {
    expect(logBins(distributionOf([0, 0]))).toEqual([]);
    expect(logBins(distributionOf([0, 5])).map(({ share }) => share)).toEqual([0.5]);
  });

  it('leave out a series without values', async () => {
    const svg = await drawChart(
      densityChart('t', [
        { name: 'some', index: 0, distribution: distributionOf([1, 2, 3]) },
        { name: 'nothing', index: 1, distribution: distributionOf([]) },
      ]),
    );
    expect(svg).toContain('>some<');
    expect(svg).not.toContain('>nothing<');
  });

  it('are drawn without any series', async () => {
    expect(await drawChart(densityChart('t', []))).toContain('</svg>');
  });
});

describe('a logarithmic axis', () => {
  const axis = (...values: number[]) => logAxis('x', 'x', values);

  it('labels powers of ten, and the steps between them where there are few', () => {
    expect(axis(0.3, 40).axis.values).toEqual([0.2, 0.5, 1, 2, 5, 10, 20, 50]);
    expect(axis(0.02, 7000).axis.values).toEqual([0.1, 1, 10, 100, 1000, 10_000]);
  });

  it('has two ends where all values are one', () => {
    expect(axis(10).scale.domain).toEqual([10, 20]);
  });

  it('holds any values between its ends', () => {
    const positive = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(fc.array(positive, { minLength: 1, maxLength: 20 }), (values) => {
        const { scale, axis: labels } = axis(...values);
        const [start, end] = scale.domain;
        expect(Math.min(...values)).toBeGreaterThanOrEqual(start * (1 - 1e-5));
        expect(Math.max(...values)).toBeLessThanOrEqual(end * (1 + 1e-5));
        expect(labels.values.length).toBeGreaterThanOrEqual(2);
        expect(labels.values.length).toBeLessThanOrEqual(17);
      }),
      { numRuns: 200 },
    );
  });
});

it('tells the first 42 series apart by colour, dashes and marker, the same in every picture', () => {
  const names = Array.from({ length: 42 }, (_, index) => [`s${index}`, index] as const);
  const { color, strokeDash } = seriesChannels(new Map(names));
  const looks = names.map(([, index]) =>
    JSON.stringify([color.scale.range[index], strokeDash.scale.range[index], markerOf(index)]),
  );
  expect(new Set(looks).size).toBe(42);
  const { color: alone } = seriesChannels(new Map([names[5]]));
  expect(alone.scale.range).toEqual([color.scale.range[5]]);
});
