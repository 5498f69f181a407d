import { type Distribution } from '../../../../contracts/benchmark/run-results';
import { element } from '../markup';
import { drawPlot } from './plot';
import { logScale } from './scale';
import { drawMarker, type SeriesStyle } from './series-style';

export interface BoxRow {
  readonly name: string;
  readonly style: SeriesStyle;
  readonly distribution: Distribution;
}

export interface BoxChart {
  readonly title: string;
  readonly description: string;
  /** Should say that the axis is logarithmic. */
  readonly xLabel: string;
  readonly rows: readonly BoxRow[];
}

const ROW = 26;

/**
 * A row a distribution: a thin line from the 5th percentile to the maximum, which has a cross; a light box from the 5th to the
 * 95th, a darker one from the 25th to the 75th, a thick line at the median.
 */
export function drawBoxChart(chart: BoxChart): string {
  const rows = chart.rows.filter(({ distribution }) => distribution.count > 0);
  const x = {
    label: chart.xLabel,
    scale: logScale(rows.flatMap(({ distribution: { p5, max } }) => [Math.max(1, p5), Math.max(1, max)])),
  };
  const names = rows.map(({ name }) => name);
  const plot = { ...chart, x, rows: names, legend: [], height: Math.max(1, rows.length) * ROW };
  return drawPlot(plot, (plane) =>
    rows
      .map(({ style, distribution: d }, index) => {
        const y = plane.row(index);
        const box = (from: number, to: number, half: number, opacity: number): string =>
          element('rect', {
            x: plane.x(from),
            y: y - half,
            width: Math.max(1, plane.x(to) - plane.x(from)),
            height: 2 * half,
            fill: style.colour,
            'fill-opacity': opacity,
            stroke: style.colour,
          });
        const line = (x1: number, y1: number, x2: number, y2: number, width: number): string =>
          element('line', { x1, y1, x2, y2, stroke: '#000', 'stroke-width': width });
        return [
          line(plane.x(d.p5), y, plane.x(d.max), y, 1),
          box(d.p5, d.p95, 4, 0.15),
          box(d.p25, d.p75, 7, 0.4),
          line(plane.x(d.median), y - 8, plane.x(d.median), y + 8, 2.5),
          drawMarker({ ...style, marker: 'cross' }, plane.x(d.max), y),
        ].join('');
      })
      .join(''),
  );
}
