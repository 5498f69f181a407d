import TerminalTable from 'cli-table3';
import { type Table } from './table';

/** Where a text is broken into lines. */
const WIDEST = 56;

/** A table in lines for a terminal; what rows share is said once. */
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
    // Colours would be in the way of whoever reads this in a pipe.
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows);
  return table.toString();
}
