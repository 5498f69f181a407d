import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CATALOGUE } from '../../runtime/errors';
import { ERROR_STATUS } from '../../runtime/grpc/calls/error-status';
import { findPackageRoot } from '../../scripts/package-root';

const documented = readFileSync(join(findPackageRoot(__dirname), 'docs/errors.md'), 'utf8')
  .split('\n')
  .map((line) => /^\| `([A-Z_]+)` +\| `([A-Z_]+)` +\| (.+?) +\|$/.exec(line))
  .filter((row) => row !== null)
  .map(([, code, kind, when]) => ({ code, kind, when }));

describe('the error catalogue', () => {
  it('is what docs/errors.md says', () => {
    const catalogue = Object.entries(ERROR_CATALOGUE).map(([code, { kind, when }]) => ({ code, kind, when }));
    expect(documented).toEqual(catalogue);
  });

  it('has a gRPC status for every kind', () => {
    for (const { kind } of Object.values(ERROR_CATALOGUE)) expect(ERROR_STATUS[kind]).toBeGreaterThan(0);
  });
});
