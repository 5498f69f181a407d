import { element } from '../markup';

/** How one series is drawn, the same in every chart of a report: told apart by colour, by dashes and by marker. */
export interface SeriesStyle {
  readonly colour: string;
  readonly dashes: string | undefined;
  readonly marker: Marker;
}

export type Marker = 'circle' | 'square' | 'triangle' | 'diamond' | 'cross' | 'ring';

/** Okabe and Ito's palette without its yellow, which is too light on white; the darkest first. */
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#000000', '#E69F00', '#56B4E9'];
const DASHES = [undefined, '7 3', '2 2', '9 3 2 3', '12 4', '4 2'];
const MARKERS: readonly Marker[] = ['circle', 'square', 'triangle', 'diamond', 'cross', 'ring'];

/** No two of the first 42 are alike. */
export function seriesStyle(index: number): SeriesStyle {
  return {
    colour: COLOURS[index % COLOURS.length],
    dashes: DASHES[index % DASHES.length],
    marker: MARKERS[index % MARKERS.length],
  };
}

/** A style for each name, in the names' order. */
export function stylesOf(names: readonly string[]): ReadonlyMap<string, SeriesStyle> {
  return new Map([...new Set(names)].map((name, index) => [name, seriesStyle(index)]));
}

export function drawMarker({ colour, marker }: SeriesStyle, x: number, y: number): string {
  const r = 3.5;
  const corners = (points: readonly (readonly [number, number])[]): string =>
    element('path', {
      d: `M${points.map(([dx, dy]) => `${(x + dx).toFixed(2)} ${(y + dy).toFixed(2)}`).join('L')}Z`,
      fill: colour,
    });
  switch (marker) {
    case 'circle':
      return element('circle', { cx: x, cy: y, r, fill: colour });
    case 'ring':
      return element('circle', { cx: x, cy: y, r, fill: '#fff', stroke: colour, 'stroke-width': 1.5 });
    case 'square':
      return element('rect', { x: x - 3, y: y - 3, width: 6, height: 6, fill: colour });
    case 'triangle':
      return corners([
        [0, -4],
        [4, 3],
        [-4, 3],
      ]);
    case 'diamond':
      return corners([
        [0, -4.5],
        [4.5, 0],
        [0, 4.5],
        [-4.5, 0],
      ]);
    case 'cross':
      return element('path', {
        d: `M${x - 3} ${y - 3}L${x + 3} ${y + 3}M${x - 3} ${y + 3}L${x + 3} ${y - 3}`,
        stroke: colour,
        'stroke-width': 2,
      });
  }
}
