import { formatMib, parseByteSize } from '../../../contracts/values/byte-size';

it.each([
  ['1', 1],
  ['4096B', 4096],
  ['1.5kB', 1500],
  ['500MB', 5e8],
  ['4GiB', 2 ** 32],
  ['1.5GiB', 1.5 * 2 ** 30],
  ['2 MiB', 2 ** 21],
])('reads the size %s', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

it.each(['', '0', '0.1B', '10XB', '-1B', '1e3', '1 000', '9999999GiB', '1constructor'])(
  'refuses the size %j',
  (text) => {
    expect(() => parseByteSize(text)).toThrow(`must be a size above 0 such as 64MiB or 500MB`);
  },
);

it('writes whole MiB that it reads again', () => {
  expect(formatMib(5.9 * 2 ** 20)).toBe('5MiB');
  expect(parseByteSize(formatMib(2 ** 29))).toBe(2 ** 29);
});
