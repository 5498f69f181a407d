import { element, escapeText } from './markup';
import { type Section } from './sections/section';
import { REPORT_STYLE } from './style';

export interface Page {
  readonly title: string;
  /** Facts above everything else: name and value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Shown in a frame above the first section. */
  readonly warning?: string;
  readonly sections: readonly Section[];
}

/** A whole HTML document that needs nothing but itself. */
export function renderPage({ title, facts, warning, sections }: Page): string {
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    element('title', {}, escapeText(title)),
    element('style', {}, REPORT_STYLE),
  ];
  const header = element(
    'header',
    {},
    element('h1', {}, escapeText(title)),
    element(
      'dl',
      {},
      ...facts.flatMap(([name, value]) => [
        element('dt', {}, escapeText(name)),
        element('dd', {}, escapeText(value)),
      ]),
    ),
    warning === undefined ? '' : element('p', { class: 'warning', role: 'note' }, escapeText(warning)),
  );
  const main = sections.map(({ id, title: heading, content }) =>
    element(
      'section',
      { id, 'aria-labelledby': `${id}-heading` },
      element('h2', { id: `${id}-heading` }, escapeText(heading)),
      '\n',
      content.join('\n'),
    ),
  );
  return `<!doctype html>\n${element('html', { lang: 'en' }, element('head', {}, ...head), '\n', element('body', {}, header, '\n', element('main', {}, main.join('\n'))))}\n`;
}
