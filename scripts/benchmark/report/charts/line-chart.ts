import { element } from '../markup';
import { type Axis, drawPlot, strokeOf } from './plot';
import { drawMarker, type SeriesStyle } from './series-style';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  readonly style: SeriesStyle;
  readonly points: readonly Point[];
}

export interface LineChart {
  readonly title: string;
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /**
   * Whether every point has a marker; without, dashes and colours alone tell series apart.
   *
   * @default true
   */
  readonly markers?: boolean;
  /**
   * Whether points are joined in the order of x.
   *
   * @default true
   */
  readonly joined?: boolean;
}

/** Series of points, joined (a line chart) or not (a scatter chart). */
export function drawLineChart(chart: LineChart): string {
  const { markers = true, joined = true } = chart;
  const series = chart.series.filter(({ points }) => points.length > 0);
  return drawPlot(
    { ...chart, legend: series.map(({ name, style }) => ({ name, style, markers })) },
    (plane) =>
      series
        .map(({ style, points }) => {
          const placed = [...points]
            .sort((a, b) => a.x - b.x)
            .map(({ x, y }) => [plane.x(x), plane.y(y)] as const);
          return [
            joined && placed.length > 1
              ? element('polyline', {
                  points: placed.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '),
                  ...strokeOf(style),
                })
              : '',
            ...(markers || placed.length === 1 ? placed.map(([x, y]) => drawMarker(style, x, y)) : []),
          ].join('');
        })
        .join(''),
  );
}
