import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { ERROR_CATALOGUE, InferenceError, type ErrorCode } from '../../runtime/errors';
import { toStatus } from '../../runtime/grpc/calls/error-status';
import { ROOT } from '../fixtures/package';

const documented = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
  .split('\n')
  .map((line) => /^\| `([A-Z_]+)` +\| `([A-Z_]+)` +\| (.+?) +\|$/.exec(line))
  .filter((row) => row !== null)
  .map(([, code, kind, when]) => ({ code, kind, when }));

describe('the error catalogue', () => {
  it('is what docs/errors.md says', () => {
    const catalogue = Object.entries(ERROR_CATALOGUE).map(([code, { kind, when }]) => ({ code, kind, when }));
    expect(documented).toEqual(catalogue);
  });

  it('ends a stream with the gRPC status that docs/errors.md says', () => {
    const ended = documented.map(({ code }) => {
      const error = new InferenceError(code as ErrorCode, 'any');
      return { code, kind: status[toStatus(error).code] };
    });
    expect(ended).toEqual(documented.map(({ code, kind }) => ({ code, kind })));
  });
});
