import TerminalTable from 'cli-table3';
import { type Table } from './table';

/** A table in lines for a terminal; cells that repeat those above them are left empty. */
export function tableToTerminal({ columns, groups }: Table): string {
  const table = new TerminalTable({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ kind }) => (kind === 'number' ? 'right' : 'left')),
    // Colours would be in the way of whoever reads this in a pipe.
    style: { head: [], border: [], compact: true },
  });
  for (const { header, rows } of groups) {
    rows.forEach(({ cells }, index) => {
      const before = rows[index - 1]?.cells;
      const shown = cells.map((cell, column) =>
        columns[header.length + column].kind === 'name' && column === 0 && before?.[column] === cell
          ? ''
          : cell,
      );
      table.push([...header.map((text) => (index === 0 ? text : '')), ...shown]);
    });
  }
  return table.toString();
}
