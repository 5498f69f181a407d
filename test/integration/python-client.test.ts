import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { findPackageRoot } from '../../scripts/package-root';
import { ServerProcess } from '../../scripts/server-process';
import { PYTHON, compileProtos } from '../fixtures/python';
import { temporaryFolder } from '../fixtures/temporary-folder';

const root = findPackageRoot(__dirname);
const withPython = PYTHON === undefined ? it.skip : it;

describe('a Python client built from the protos', () => {
  let server: ServerProcess;
  const generated = temporaryFolder();

  beforeAll(async () => {
    const document = join(root, 'stacks/pipelines/fall-detection/pipeline.yaml');
    const program = [process.execPath, join(root, 'lib/runtime/main.js'), 'serve', document];
    server = await ServerProcess.start([...program, '--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0']);
  });
  afterAll(() => server.stop());

  withPython('gets answers that it can read, over both services', () => {
    compileProtos(generated);
    const client = join(__dirname, 'python/client.py');
    const printed = execFileSync(PYTHON as string, [client, generated, server.ready.grpc], {
      encoding: 'utf8',
    });
    const { extended, basic } = JSON.parse(printed) as Printed;

    expect(extended.answers.map(({ id, error }) => [id, error])).toEqual([
      [0, ''],
      [-7, ''],
      [3, ''],
      [4, 'INVALID_ARGUMENT'],
      [5, ''],
    ]);
    const [noFall, fall, typed, refused] = extended.answers;
    expect(noFall.float_val).toBeCloseTo(0.256065, 5);
    expect(fall.float_val).toBeCloseTo(0.96048, 5);
    expect(typed.float_val).toBeCloseTo(0.96048, 5);
    expect(fall.ndarray).toEqual([fall.float_val]);
    expect(fall.shape).toEqual([1, 1]);
    expect(refused.message).toBe("input 'array' missing; the request has 'other'");
    expect(extended.status).toEqual({ code: 'INVALID_ARGUMENT', details: refused.message });
    expect(extended.empty).toBe(0);

    expect(basic.id).toBe(9);
    expect(basic.shape).toEqual([1, 1]);
    expect(basic.array[0]).toBeCloseTo(0.96048, 5);
  });
});

interface Printed {
  readonly extended: {
    readonly answers: {
      readonly id: number;
      readonly error: string;
      readonly message: string;
      readonly float_val: number;
      readonly ndarray: number[];
      readonly shape: number[];
    }[];
    readonly status: { readonly code: string; readonly details: string };
    readonly empty: number;
  };
  readonly basic: { readonly id: number; readonly array: number[]; readonly shape: number[] };
}
