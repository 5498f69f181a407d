import TerminalTable from 'cli-table3';
import { element, escapeText } from './markup';

export interface Column {
  readonly title: string;
  /** Numbers are aligned right; numbers and names are not wrapped. @default 'text' */
  readonly kind?: 'text' | 'number' | 'name';
}

export interface Row {
  readonly cells: readonly string[];
  /** Whether the row's measurement does not count. */
  readonly invalid?: boolean;
}

/** Rows that share their first cells. */
export interface Group {
  readonly header: readonly string[];
  readonly rows: readonly Row[];
}

/** A table, independent of its output format. Header cells are the first columns. */
export interface Table {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly groups: readonly Group[];
}

export function tableToHtml({ caption, columns, groups }: Table): string {
  const cell = (name: 'th' | 'td', column: number, text: string, attributes = {}): string =>
    element(name, { ...attributes, class: columns[column]?.kind ?? 'text' }, escapeText(text));
  const head = columns.map(({ title }, column) => cell('th', column, title, { scope: 'col' }));
  const bodies = groups.map(({ header, rows }) => {
    const scope = rows.length > 1 ? { scope: 'rowgroup', rowspan: rows.length } : { scope: 'row' };
    const headers = header.map((text, column) => cell('th', column, text, scope));
    const lines = rows.map(({ cells, invalid }, line) => {
      const data = cells.map((text, index) => cell('td', header.length + index, text));
      return element(
        'tr',
        { class: invalid ? 'invalid' : undefined },
        ...(line === 0 ? headers : []),
        ...data,
      );
    });
    return element('tbody', {}, ...lines);
  });
  const heading = element('thead', {}, element('tr', {}, ...head));
  const table = element('table', {}, element('caption', {}, escapeText(caption)), heading, ...bodies);
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

/** Longer texts are wrapped. */
const WIDEST = 56;

/** A table for a terminal; the cells of a group's header appear once. */
export function tableToTerminal({ columns, groups }: Table): string {
  const rows = groups.flatMap(({ header, rows: own }) =>
    own.map(({ cells }, index) => [...header.map((text) => (index === 0 ? text : '')), ...cells]),
  );
  const isWide = columns.map((_, index) => rows.some((cells) => cells[index].length > WIDEST));
  const table = new TerminalTable({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ kind }) => (kind === 'number' ? 'right' : 'left')),
    colWidths: isWide.map((wide) => (wide ? WIDEST + 2 : null)),
    wordWrap: true,
    // Without colours, for pipes.
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows);
  return table.toString();
}
