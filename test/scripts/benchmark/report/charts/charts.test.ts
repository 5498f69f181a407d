import { drawBoxChart } from '../../../../../scripts/benchmark/report/charts/box-chart';
import {
  BINS_PER_DECADE,
  drawDensityChart,
  logBins,
} from '../../../../../scripts/benchmark/report/charts/density-chart';
import { drawLineChart, type LineChart } from '../../../../../scripts/benchmark/report/charts/line-chart';
import { linearScale } from '../../../../../scripts/benchmark/report/charts/scale';
import { seriesStyle, stylesOf } from '../../../../../scripts/benchmark/report/charts/series-style';
import { distributionOf, latencies } from '../../../../fixtures/benchmark-results';

const chart = (fields: Partial<LineChart> = {}): LineChart => ({
  title: 'CPU & <load>',
  description: 'what is seen',
  x: { label: 'load', scale: linearScale([10]) },
  y: { label: 'cores', scale: linearScale([4]) },
  series: [
    {
      name: 'one',
      style: seriesStyle(0),
      points: [
        { x: 10, y: 4 },
        { x: 0, y: 0 },
        { x: 5, y: 2 },
      ],
    },
  ],
  ...fields,
});

function polyline(svg: string): [number, number][] {
  const points = /<polyline points="([^"]*)"/.exec(svg)?.[1] ?? '';
  return points.split(' ').map((pair) => pair.split(',').map(Number) as [number, number]);
}

describe('a line chart', () => {
  it('joins points in the order of x, upwards for larger y', () => {
    const [a, b, c] = polyline(drawLineChart(chart()));
    expect(b[0] - a[0]).toBeCloseTo(c[0] - b[0], 0);
    expect(a[1] - b[1]).toBeCloseTo(b[1] - c[1], 0);
    expect(a[0]).toBeLessThan(c[0]);
    expect(a[1]).toBeGreaterThan(c[1]);
  });

  it('is a scatter chart without the lines', () => {
    const svg = drawLineChart(chart({ joined: false }));
    expect(svg).not.toContain('<polyline');
    expect(svg.match(/<circle/g)).toHaveLength(4); // three points and the legend's sample
  });

  it('says what it shows to those who do not see it', () => {
    const svg = drawLineChart(chart());
    expect(svg).toContain('role="img"');
    const [, title, description] = /aria-labelledby="(\S+) (\S+)"/.exec(svg) ?? [];
    expect(svg).toContain(`<title id="${title}">CPU &amp; &lt;load&gt;</title>`);
    expect(svg).toContain(`<desc id="${description}">what is seen</desc>`);
  });

  it('marks a single point, also where points have no markers', () => {
    const [series] = chart().series;
    const single = { ...series, points: [{ x: 1, y: 1 }] };
    expect(drawLineChart(chart({ series: [single], markers: false })).match(/<circle/g)).toHaveLength(1);
  });

  it('leaves series without points out of the legend, and breaks a long title into lines', () => {
    const empty = { name: 'nothing', style: seriesStyle(1), points: [] };
    const svg = drawLineChart(chart({ title: 'word '.repeat(40).trim(), series: [empty] }));
    expect(svg).not.toContain('nothing');
    const titles = [...svg.matchAll(/font-size="13">([^<]*)</g)].map(([, line]) => line);
    expect(titles.join(' ')).toBe('word '.repeat(40).trim());
    expect(Math.max(...titles.map((line) => line.length))).toBeLessThanOrEqual(76);
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

  it('leave out a series without values', () => {
    const series = [
      { name: 'some', style: seriesStyle(0), distribution: distributionOf([1, 2, 3]) },
      { name: 'nothing', style: seriesStyle(1), distribution: distributionOf([]) },
    ];
    const svg = drawDensityChart({ title: 't', description: 'd', xLabel: 'ms', series });
    expect(svg).toContain('>some<');
    expect(svg).not.toContain('>nothing<');
  });

  it('are drawn without any series', () => {
    expect(drawDensityChart({ title: 't', description: 'd', xLabel: 'ms', series: [] })).toContain('</svg>');
  });
});

describe('boxes', () => {
  it('stand one below the other, the median between the box that holds half of the values', () => {
    const distribution = distributionOf(latencies(20));
    const rows = ['first', 'second'].map((name, index) => ({
      name,
      style: seriesStyle(index),
      distribution,
    }));
    const svg = drawBoxChart({ title: 't', description: 'd', xLabel: 'in flight', rows });
    const boxes = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/g)].map(([, ...n]) =>
      n.map(Number),
    );
    const median = Number(/<line x1="([\d.]+)"[^>]*stroke-width="2.5"/.exec(svg)?.[1]);
    const [, half, , lower] = boxes;
    expect(boxes).toHaveLength(4);
    expect(median).toBeGreaterThan(half[0]);
    expect(median).toBeLessThan(half[0] + half[2]);
    expect(lower[1]).toBeGreaterThan(half[1]);
  });
});

describe('styles', () => {
  it('tell the first 42 series apart by colour, dashes and marker', () => {
    const styles = Array.from({ length: 42 }, (_, index) => JSON.stringify(seriesStyle(index)));
    expect(new Set(styles).size).toBe(42);
    const [a, b] = [seriesStyle(0), seriesStyle(1)];
    expect([a.colour === b.colour, a.dashes === b.dashes, a.marker === b.marker]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('are the same for the same name', () => {
    const styles = stylesOf(['x', 'y', 'x']);
    expect([...styles.keys()]).toEqual(['x', 'y']);
    expect(styles.get('y')).toEqual(seriesStyle(1));
  });
});
