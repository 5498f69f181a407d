import { readCsv, selectColumns } from '../../../../runtime/cli/formats/csv';

describe('readCsv', () => {
  it('reads numbers with a line of names', () => {
    expect(readCsv('a.csv', 'x,y\n1,2.5\n-3,4e2\n')).toEqual({
      header: ['x', 'y'],
      columns: 2,
      rows: 2,
      values: [1, 2.5, -3, 400],
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
    expect(values).toEqual([1, 2, 3, 4]);
  });

  it('takes a first line for names where none is a number, the name of the index may be absent', () => {
    expect(readCsv('a.csv', ',x,-\n0,1,2\n').header).toEqual(['', 'x', '-']);
    expect(readCsv('a.csv', 'NA,x\n1,2\n').header).toEqual(['NA', 'x']);
  });

  it('reads integers beyond 2^53 as they are written', () => {
    expect(readCsv('a.csv', '9007199254740993,1\n').values).toEqual([9007199254740993n, 1]);
  });

  it('reads NaN and infinities in every spelling', () => {
    expect(readCsv('a.csv', 'nan,NaN,inf,-Infinity').values).toEqual([NaN, NaN, Infinity, -Infinity]);
  });

  it.each([
    ['another number of cells', 'x,y\n1,2\n3\n', 'a.csv:3: expected 2 values as in line 1, got 1'],
    ['a cell that is no number', '1,2\n3,four\n', "a.csv:2: 'four' is no number"],
    ['an empty cell', '1,2\n3,\n', "a.csv:2: '' is no number"],
    [
      'an empty cell in the first line',
      '1,\n3,4\n',
      "a.csv:1: '' is no number; a first line of names has no number in it",
    ],
    ['nothing but empty cells in the first line', ',\n3,4\n', "a.csv:1: '' is no number"],
    ['absent values in the first line', 'NA,n/a\n3,4\n', "a.csv:1: 'NA' is no number"],
    ['a word among the numbers of the first line', 'x,1\n3,4\n', "a.csv:1: 'x' is no number"],
    ['names alone', 'x,y\n', 'a.csv: holds no row of numbers'],
    ['nothing', '', 'a.csv: holds no row of numbers'],
  ])('refuses %s, with the line', (_what, text, message) => {
    expect(() => readCsv('a.csv', text)).toThrow(message);
  });
});

describe('selectColumns', () => {
  const table = readCsv('a.csv', 'x,"y, z",w\n1,2,3\n4,5,6\n');

  it('takes columns by name and by number, in the order that is asked for', () => {
    expect(selectColumns('a.csv', table, ['w', 'x']).values).toEqual([3, 1, 6, 4]);
    expect(selectColumns('a.csv', table, ['2']).values).toEqual([2, 5]);
    expect(selectColumns('a.csv', table, ['y, z']).header).toEqual(['y, z']);
  });

  it.each(['v', '0', '4'])('refuses column %s and names those that are there', (name) => {
    expect(() => selectColumns('a.csv', table, [name])).toThrow(
      `a.csv: has no column '${name}'; there are x, y, z, w, or 1 to 3`,
    );
  });
});
