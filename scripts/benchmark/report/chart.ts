import { type TopLevelSpec } from 'vega-lite';
import { element } from './markup';

/** A picture of a report, as a Vega-Lite plot of layers; drawn by `drawChart`. */
export interface Chart {
  /** Can be a file's. */
  readonly name: string;
  readonly title: string;
  /** For readers who do not see the picture: what it shows and its main figures. */
  readonly description: string;
  readonly plot: Pick<Extract<TopLevelSpec, { layer: unknown }>, 'data' | 'encoding' | 'layer' | 'height'>;
}

const WIDTH = 600;
const TITLE_LETTERS = 80;
/** Logarithmic axes over a smaller ratio have labels between powers of ten. */
const LABELLED_STEPS = 300;
/** Vega without a canvas estimates the width of texts by half too much, and leaves that room empty. */
const TEXT_METRICS = {
  width: ({ fontSize }: { readonly fontSize: number }, text: string | number) =>
    0.58 * fontSize * String(text).length,
};

/** Okabe and Ito's palette without its yellow, which is too light on white; the darkest first. */
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#000000', '#E69F00', '#56B4E9'];
const DASHES = ['1,0', '7,3', '2,2', '9,3,2,3', '12,4', '4,2'].map((dash) => dash.split(',').map(Number));
const SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'];

/** The marker of a series, for a channel without scale: legends show lines alone. */
export function markerOf(index: number): string {
  return SHAPES[index % SHAPES.length];
}

/**
 * Channels that tell series apart by colour and dashes. The index of a series decides how it looks; no two of the first 42
 * are alike.
 * @param indexes index by the name that rows have in `series`
 */
export function seriesChannels(indexes: ReadonlyMap<string, number>) {
  const channel = <T>(looks: readonly T[]) => ({
    field: 'series',
    type: 'nominal' as const,
    title: null,
    scale: {
      domain: [...indexes.keys()],
      range: [...indexes.values()].map((index) => looks[index % looks.length]),
    },
  });
  return { color: channel(COLOURS), strokeDash: channel(DASHES) };
}

/** A position on a logarithmic axis that has room for `values`, from 1, 2 or 5 times a power of ten to another. */
export function logAxis(field: string, title: string, values: readonly number[]) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const first = Math.floor(Math.log10(low));
  const powers = Array.from(
    { length: Math.ceil(Math.log10(high)) - first + 2 },
    (_, index) => 10 ** (first + index),
  );
  const steps = powers.flatMap((power) => [power, 2 * power, 5 * power]);
  const start = steps.findLast((step) => step <= low * 1.000001)!;
  const end = steps.find((step) => step > start && step >= high * 0.999999)!;
  const ticks = (end / start < LABELLED_STEPS ? steps : powers).filter(
    (tick) => tick >= start && tick <= end,
  );
  return {
    field,
    type: 'quantitative' as const,
    title,
    scale: { type: 'log' as const, domain: [start, end], nice: false },
    axis: { values: ticks, format: ',~r' },
  };
}

export function fileNameOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('×', 'x')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** The picture as SVG: a whole document that refers to nothing. */
export async function drawChart({ title, description, plot }: Chart): Promise<string> {
  // Loading takes 170 ms: only when a report is written.
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  Object.assign((vega as unknown as { textMetrics: typeof TEXT_METRICS }).textMetrics, TEXT_METRICS);
  const { spec } = compile({
    ...plot,
    title: title.match(new RegExp(`.{1,${TITLE_LETTERS}}(?= |$)`, 'g'))?.map((line) => line.trim()),
    width: WIDTH,
    autosize: { type: 'fit-x', contains: 'padding' },
    background: '#fff',
    config: {
      // The picture is one image with one description.
      aria: false,
      font: 'system-ui, sans-serif',
      title: { anchor: 'start', frame: 'bounds', fontSize: 13, offset: 10 },
      axis: {
        ...{ labelFontSize: 12, labelLimit: 400, titleFontSize: 12, titleFontWeight: 'normal' },
        ...{ domainColor: '#000', tickColor: '#ddd' },
      },
      axisX: { labelFlush: false },
      legend: {
        ...{ orient: 'bottom', columns: 2, labelFontSize: 12, labelLimit: 400 },
        ...{ symbolType: 'stroke', symbolSize: 700, symbolStrokeWidth: 2 },
      },
      view: { stroke: null },
    },
  });
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  const { box, content } = /^<svg [^>]*viewBox="(?<box>[^"]*)"[^>]*>(?<content>.*)<\/svg>$/s.exec(
    svg,
  )!.groups!;
  const [, , width, height] = box.split(' ').map(Number);
  const label = `${title}. ${description}`;
  return element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: box, width, height, role: 'img', 'aria-label': label },
    content,
  );
}
