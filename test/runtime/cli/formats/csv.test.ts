import { readCsv, selectColumns } from '../../../../runtime/cli/formats/csv';

describe('readCsv', () => {
  it('reads numbers with a line of names', () => {
    expect(readCsv('a.csv', 'x,y\n1,2.5\n-3,4e2\n')).toEqual({
      header: ['x', 'y'],
      columns: 2,
      rows: 2,
      values: Float64Array.of(1, 2.5, -3, 400),
    });
  });

  it.each([
    ['without names', '1,2\n3,4'],
    ['with semicolons', '1;2\n3;4\n'],
    ['with tabs, a byte order mark and Windows line ends', '\uFEFF1\t2\r\n3\t4\r\n'],
    ['with blanks, blank lines and quotes', ' 1 , "2"\n\n"3",4\n\n'],
  ])('reads numbers %s', (_what, text) => {
    const { header, values } = readCsv('a.csv', text);
    expect(header).toBeUndefined();
    expect(values).toEqual(Float64Array.of(1, 2, 3, 4));
  });

  it('reads NaN and infinities in every spelling', () => {
    expect(readCsv('a.csv', 'nan,NaN,inf,-Infinity').values).toEqual(
      Float64Array.of(NaN, NaN, Infinity, -Infinity),
    );
  });

  it.each([
    ['another number of cells', 'x,y\n1,2\n3\n', 'a.csv:3: expected 2 values as in line 1, got 1'],
    ['a cell that is no number', '1,2\n3,four\n', "a.csv:2: 'four' is no number"],
    ['an empty cell', '1,2\n3,\n', "a.csv:2: '' is no number"],
    ['names alone', 'x,y\n', 'a.csv: holds no row of numbers'],
    ['nothing', '', 'a.csv: holds no row of numbers'],
  ])('refuses %s, with the line', (_what, text, message) => {
    expect(() => readCsv('a.csv', text)).toThrow(message);
  });
});

describe('selectColumns', () => {
  const table = readCsv('a.csv', 'x,"y, z",w\n1,2,3\n4,5,6\n');

  it('takes columns by name and by number, in the order that is asked for', () => {
    expect(selectColumns('a.csv', table, ['w', 'x']).values).toEqual(Float64Array.of(3, 1, 6, 4));
    expect(selectColumns('a.csv', table, ['2']).values).toEqual(Float64Array.of(2, 5));
    expect(selectColumns('a.csv', table, ['y, z']).header).toEqual(['y, z']);
  });

  it.each(['v', '0', '4'])('refuses column %s and names those that are there', (name) => {
    expect(() => selectColumns('a.csv', table, [name])).toThrow(
      `a.csv: has no column '${name}'; there are x, y, z, w, or 1 to 3`,
    );
  });
});
