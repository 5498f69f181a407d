import { element, escapeText } from '../markup';

export interface Column {
  readonly title: string;
  /** Numbers stand at the right; neither they nor names are broken into lines. @default 'text' */
  readonly kind?: 'text' | 'number' | 'name';
}

export interface Row {
  readonly cells: readonly string[];
  /** Whether what the row says does not count. */
  readonly invalid?: boolean;
}

/** Rows that share their first cells. */
export interface Group {
  readonly header: readonly string[];
  readonly rows: readonly Row[];
}

/** A table as such, before it is HTML, Markdown or a terminal's lines. Header cells stand in the first columns. */
export interface Table {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly groups: readonly Group[];
}

export function tableToHtml({ caption, columns, groups }: Table): string {
  const style = (index: number): string | undefined => columns[index]?.kind ?? 'text';
  const head = columns.map(({ title }, index) =>
    element('th', { scope: 'col', class: style(index) }, escapeText(title)),
  );
  const bodies = groups.map(({ header, rows }) => {
    const lines = rows.map(({ cells, invalid }, line) => {
      const headers =
        line > 0
          ? []
          : header.map((text, index) =>
              element(
                'th',
                {
                  scope: rows.length > 1 ? 'rowgroup' : 'row',
                  rowspan: rows.length > 1 ? rows.length : undefined,
                  class: style(index),
                },
                escapeText(text),
              ),
            );
      const data = cells.map((text, index) =>
        element('td', { class: style(header.length + index) }, escapeText(text)),
      );
      return element('tr', { class: invalid ? 'invalid' : undefined }, ...headers, ...data);
    });
    return element('tbody', {}, ...lines);
  });
  const table = element(
    'table',
    {},
    element('caption', {}, escapeText(caption)),
    element('thead', {}, element('tr', {}, ...head)),
    ...bodies,
  );
  // A wide table scrolls by itself, for the keyboard too.
  return element('div', { class: 'table', tabindex: 0, role: 'region', 'aria-label': caption }, table);
}

export function tableToMarkdown({ caption, columns, groups }: Table): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    `${caption}:`,
    '',
    line(columns.map(({ title }) => title)),
    line(columns.map(({ kind }) => (kind === 'number' ? '---:' : '---'))),
    ...groups.flatMap(({ header, rows }) => rows.map(({ cells }) => line([...header, ...cells]))),
  ].join('\n');
}
