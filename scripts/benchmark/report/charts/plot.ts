import { createHash } from 'node:crypto';
import { element, escapeText } from '../markup';
import { type Scale } from './scale';
import { drawMarker, type SeriesStyle } from './series-style';

/** One axis: what it shows, with its unit, and how values lie on it. */
export interface Axis {
  readonly label: string;
  readonly scale: Scale;
}

export interface LegendEntry {
  readonly name: string;
  readonly style: SeriesStyle;
  /** @default true */
  readonly markers?: boolean;
}

export interface Plot {
  readonly title: string;
  /** For those who do not see the picture: what it shows and what can be read off it. */
  readonly description: string;
  readonly x: Axis;
  /** Absent where the rows have names instead. */
  readonly y?: Axis;
  readonly rows?: readonly string[];
  readonly legend: readonly LegendEntry[];
  /** Pixels of the plane inside the axes. */
  readonly height?: number;
}

/** The plane inside the axes, in pixels of the picture. */
export interface Plane {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  /** Middle of a named row. */
  readonly row: (index: number) => number;
  readonly rowHeight: number;
  readonly bottom: number;
}

const WIDTH = 600;
const FONT = 12;
/** Mean width of a letter of the font, for what has to be laid out without measuring it. */
const LETTER = 6.6;
/** Above the plane, for each line of the title. */
const LINE = 17;
const TITLE_LETTERS = 76;
const RIGHT = 28;

/** A whole picture: title, axes, what `content` draws on the plane, and a legend below. */
export function drawPlot(plot: Plot, content: (plane: Plane) => string): string {
  const height = plot.height ?? 240;
  const title = toLines(plot.title);
  const top = 13 + title.length * LINE;
  const labels = plot.rows ?? plot.y?.scale.ticks.map(({ label }) => label) ?? [];
  const left =
    Math.min(310, 14 + Math.max(0, ...labels.map((label) => label.length)) * LETTER) + (plot.y ? 20 : 0);
  const width = WIDTH - left - RIGHT;
  const rowHeight = height / Math.max(1, plot.rows?.length ?? 1);
  const plane: Plane = {
    x: (value) => left + plot.x.scale.position(value) * width,
    y: (value) => top + height - (plot.y?.scale.position(value) ?? 0) * height,
    row: (index) => top + (index + 0.5) * rowHeight,
    rowHeight,
    bottom: top + height,
  };
  const legend = layOutLegend(plot.legend, top + height + 58);
  const id = `chart-${createHash('sha256').update(plot.title).update(plot.description).digest('hex').slice(0, 10)}`;
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${legend.bottom}`,
      width: WIDTH,
      height: legend.bottom,
      role: 'img',
      'aria-labelledby': `${id}-title ${id}-description`,
      'font-family': 'system-ui, sans-serif',
      'font-size': FONT,
    },
    element('title', { id: `${id}-title` }, escapeText(plot.title)),
    element('desc', { id: `${id}-description` }, escapeText(plot.description)),
    ...title.map((line, index) =>
      text(line, { x: 4, y: 16 + index * LINE, 'font-weight': 600, 'font-size': 13 }),
    ),
    drawAxes(plot, plane, { left, top, width, height }),
    content(plane),
    legend.markup,
  );
}

function drawAxes(
  plot: Plot,
  plane: Plane,
  area: { left: number; top: number; width: number; height: number },
): string {
  const { left, top, width, height } = area;
  const right = left + width;
  const rule = (x1: number, y1: number, x2: number, y2: number, stroke: string): string =>
    element('line', { x1, y1, x2, y2, stroke });
  return [
    ...plot.x.scale.ticks.flatMap(({ value, label }) => [
      rule(plane.x(value), top, plane.x(value), plane.bottom, '#ddd'),
      text(label, { x: plane.x(value), y: plane.bottom + 16, 'text-anchor': 'middle' }),
    ]),
    ...(plot.y?.scale.ticks ?? []).flatMap(({ value, label }) => [
      rule(left, plane.y(value), right, plane.y(value), '#ddd'),
      text(label, { x: left - 6, y: plane.y(value) + 4, 'text-anchor': 'end' }),
    ]),
    ...(plot.rows ?? []).map((name, index) =>
      text(name, { x: left - 6, y: plane.row(index) + 4, 'text-anchor': 'end' }),
    ),
    rule(left, top, left, plane.bottom, '#000'),
    rule(left, plane.bottom, right, plane.bottom, '#000'),
    text(plot.x.label, { x: left + width / 2, y: plane.bottom + 36, 'text-anchor': 'middle' }),
    plot.y
      ? text(plot.y.label, {
          transform: `translate(13 ${top + height / 2}) rotate(-90)`,
          'text-anchor': 'middle',
        })
      : '',
  ].join('');
}

/** Words in lines, each with room for it beside the picture's edge. */
function toLines(title: string): string[] {
  const lines = [''];
  for (const word of title.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + 1 + word.length > TITLE_LETTERS) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

/** Entries in lines, as many to a line as have room. */
function layOutLegend(entries: readonly LegendEntry[], top: number): { markup: string; bottom: number } {
  const SAMPLE = 30;
  let [x, y] = [10, top];
  const drawn = entries.map(({ name, style, markers = true }) => {
    const width = SAMPLE + 8 + name.length * LETTER + 18;
    if (x > 10 && x + width > WIDTH) [x, y] = [10, y + 20];
    const at = x;
    x += width;
    return [
      element('line', { x1: at, y1: y, x2: at + SAMPLE, y2: y, ...strokeOf(style) }),
      markers ? drawMarker(style, at + SAMPLE / 2, y) : '',
      text(name, { x: at + SAMPLE + 6, y: y + 4 }),
    ].join('');
  });
  return { markup: drawn.join(''), bottom: entries.length > 0 ? y + 14 : top - 12 };
}

export function strokeOf({ colour, dashes }: SeriesStyle): Record<string, string | number | undefined> {
  return { stroke: colour, 'stroke-width': 2, 'stroke-dasharray': dashes, fill: 'none' };
}

function text(content: string, attributes: Record<string, string | number>): string {
  return element('text', attributes, escapeText(content));
}
