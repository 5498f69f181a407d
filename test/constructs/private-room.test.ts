import { join } from 'node:path';
import { readImports } from '../architecture/imports';

const PRIVATE = 'constructs/private/';

it('constructs/private imports nothing of the rooms that stand on it', () => {
  const imports = readImports(join(__dirname, '../..')).filter(({ from }) => from.startsWith(PRIVATE));
  expect(imports.length).toBeGreaterThan(5);
  expect(imports.filter(({ to }) => !to.startsWith(PRIVATE))).toEqual([]);
});
