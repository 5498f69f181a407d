import { type RunResults } from '../../../../contracts/benchmark/run-results';
import { type Findings, findingsOf } from '../findings/findings';
import { element, escapeText } from '../markup';
import { tableToHtml } from '../tables/table';
import { chartsOf } from './charts-of';
import { type Section } from './section';
import { tablesOf } from './tables-of';

/** All parts of a report, in the order of reading: what it means, then tables, then pictures. */
export function sectionsOf(results: RunResults): readonly Section[] {
  return [
    { id: 'findings', title: 'What the numbers say', content: findingsOf(results).map(subject) },
    ...tablesOf(results).map(({ id, title, table }) => ({ id, title, content: [tableToHtml(table)] })),
    ...chartsOf(results).map(({ id, title, charts }) => ({
      id,
      title,
      content: [figures(charts.map(({ svg }) => svg))],
    })),
  ];
}

/** Pictures side by side where there is room. */
export function figures(pictures: readonly string[]): string {
  return element('div', { class: 'figures' }, ...pictures.map((svg) => element('figure', {}, svg)));
}

function subject({ subject: title, sentences }: Findings): string {
  const items = sentences.map((sentence) => element('li', {}, escapeText(sentence)));
  return element('h3', {}, escapeText(title)) + element('ul', {}, ...items);
}
