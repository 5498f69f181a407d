import { FileError } from './file-error';

/** A table of numbers. */
export interface CsvTable {
  /** Names, if the first line has no number. */
  readonly header: readonly string[] | undefined;
  readonly columns: number;
  readonly rows: number;
  /** Row by row; integers beyond 2^53 as bigints. */
  readonly values: readonly (number | bigint)[];
}

/** Cells of a line; a cell in quotes may contain the separator, and quotes doubled. */
function splitLine(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim());
  const cells: string[] = [];
  const pattern = new RegExp(`\\s*(?:"((?:[^"]|"")*)"|([^${separator}]*))\\s*(${separator}|$)`, 'gy');
  for (;;) {
    const match = pattern.exec(line);
    if (match === null) return line.split(separator);
    const [, quoted, plain] = match;
    cells.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    if (match[3] === '') return cells;
  }
}

/** The separator is what the first line has: a tab, a semicolon, else a comma. */
function separatorOf(line: string): string {
  return line.includes('\t') ? '\t' : line.includes(';') ? ';' : ',';
}

function isNumber(cell: string): boolean {
  return cell !== '' && (!Number.isNaN(Number(cell)) || /^[+-]?nan$/i.test(cell) || INFINITY.test(cell));
}

const INFINITY = /^[+-]?inf(inity)?$/i;
/** What stands for an absent value; a row of them is data and no names. */
const ABSENT = /^(|na|n\/a|none|null|nil|-|\?)$/i;

function toNumber(cell: string): number | bigint {
  if (INFINITY.test(cell)) return cell.startsWith('-') ? -Infinity : Infinity;
  const value = Number(cell);
  return /^[+-]?\d+$/.test(cell) && !Number.isSafeInteger(value) ? BigInt(cell) : value;
}

/** Names of columns have no number among them; the column of an index may have none. */
function isHeader(cells: readonly string[]): boolean {
  return !cells.some(isNumber) && !cells.every((cell) => ABSENT.test(cell));
}

/**
 * Reads numbers separated by commas, semicolons or tabs, with or without a line of names before them.
 * @throws FileError naming the line that has another number of cells or a cell that is no number.
 */
export function readCsv(file: string, text: string): CsvTable {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const separator = separatorOf(lines[0]);
  let header: string[] | undefined;
  let columns: number | undefined;
  let firstLine = 0;
  const values: (number | bigint)[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const cells = splitLine(line, separator);
    if (columns === undefined) {
      columns = cells.length;
      firstLine = index + 1;
      if (isHeader(cells)) {
        header = cells;
        continue;
      }
    }
    if (cells.length !== columns) {
      throw new FileError(
        `${file}:${index + 1}`,
        `expected ${columns} values as in line ${firstLine}, got ${cells.length}`,
      );
    }
    for (const cell of cells) {
      if (!isNumber(cell)) {
        const hint = index + 1 === firstLine ? '; a first line of names has no number in it' : '';
        throw new FileError(`${file}:${index + 1}`, `'${cell}' is no number${hint}`);
      }
      values.push(toNumber(cell));
    }
  }
  if (columns === undefined || values.length === 0) throw new FileError(file, 'holds no row of numbers');
  return { header, columns, rows: values.length / columns, values };
}

/**
 * The table with some of its columns, by name or by number from 1, in the order that is asked for.
 * @throws FileError naming a column that is not there, and those that are.
 */
export function selectColumns(file: string, table: CsvTable, wanted: readonly string[]): CsvTable {
  const indices = wanted.map((name) => {
    const named = table.header?.indexOf(name) ?? -1;
    const index = named >= 0 ? named : /^\d+$/.test(name) ? Number(name) - 1 : -1;
    if (index < 0 || index >= table.columns) {
      const there = table.header ? `${table.header.join(', ')}, or ` : '';
      throw new FileError(file, `has no column '${name}'; there are ${there}1 to ${table.columns}`);
    }
    return index;
  });
  const values = Array.from({ length: table.rows }, (_, row) =>
    indices.map((index) => table.values[row * table.columns + index]),
  ).flat();
  const header = table.header && indices.map((index) => (table.header as string[])[index]);
  return { header, columns: indices.length, rows: table.rows, values };
}
