import { type Chart, drawChart } from './chart';
import { element, escapeText } from './markup';

export interface Section {
  /** Anchor, of lower-case letters and hyphens. */
  readonly id: string;
  readonly title: string;
  /** Markup, in order: paragraphs, tables, pictures. */
  readonly content: readonly string[];
}

export interface Page {
  readonly title: string;
  /** Facts above everything else: name and value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Shown in a frame above the first section. */
  readonly warning?: string;
  readonly sections: readonly Section[];
}

/** An HTML document without external files. */
export function renderPage({ title, facts, warning, sections }: Page): string {
  const heading = escapeText(title);
  const list = facts.map(
    ([name, value]) => element('dt', {}, escapeText(name)) + element('dd', {}, escapeText(value)),
  );
  const frame =
    warning === undefined ? '' : element('p', { class: 'warning', role: 'note' }, escapeText(warning));
  const main = sections.map(
    ({ id, title: name, content }) =>
      `<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${escapeText(name)}</h2>\n${content.join('\n')}</section>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title><style>${REPORT_STYLE}</style></head>
<body><header><h1>${heading}</h1><dl>${list.join('')}</dl>${frame}</header>
<main>${main.join('\n')}</main></body></html>
`;
}

/** Black on white, system fonts, nothing below 12 pixels; on paper no table is cut off and no picture broken in two. */
const REPORT_STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 80rem; color: #000; background: #fff; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 0.75rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 0.5rem; padding-top: 0.5rem; border-top: 1px solid #767676; }
h3 { font-size: 1rem; margin: 1rem 0 0.25rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; margin: 0; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
ul { margin: 0.5rem 0; padding-left: 1.25rem; max-width: 60rem; }
li { margin: 0.35rem 0; }
.warning { border: 2px solid #D55E00; padding: 0.5rem 0.75rem; margin: 1rem 0; }
.table { overflow-x: auto; margin: 0.75rem 0; }
.table:focus-visible { outline: 3px solid #0072B2; }
table { border-collapse: collapse; font-size: 13px; line-height: 1.35; }
caption { text-align: left; padding: 0 0 0.4rem; font-weight: 600; }
th, td { padding: 0.25rem 0.6rem; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #000; vertical-align: bottom; }
thead th.number { white-space: normal; }
tbody th { max-width: 16rem; }
.name { white-space: nowrap; }
.text { min-width: 7rem; }
tbody { border-bottom: 1px solid #999; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.invalid td { color: #595959; font-style: italic; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 34rem), 1fr)); gap: 1.25rem; margin: 0.75rem 0; }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; max-width: 40rem; }
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  body { padding: 0; max-width: none; font-size: 12px; }
  .table { overflow: visible; }
  table { font-size: 11px; }
  tr, figure, li, h2, h3 { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  tbody { break-inside: avoid; }
  #published, #pictures, #throughput { break-inside: avoid; }
  #resources, #densities { break-before: page; }
  thead { display: table-header-group; }
  .figures { grid-template-columns: 1fr 1fr; }
}`;

/** Pictures side by side where there is room. */
export async function figures(charts: readonly Chart[]): Promise<string> {
  const pictures = await Promise.all(charts.map(drawChart));
  return element('div', { class: 'figures' }, ...pictures.map((svg) => element('figure', {}, svg)));
}
