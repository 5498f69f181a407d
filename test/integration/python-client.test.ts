import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../fixtures/package';
import { type ServerProcess, startProcess } from '../fixtures/server-process';
import { compileProtos } from '../fixtures/python';
import { temporaryFolder } from '../fixtures/temporary-folder';
import { describeWith } from '../fixtures/tools';

describeWith('Python with grpcio', 'a Python client built from the protos', (python) => {
  let server: ServerProcess;
  const generated = temporaryFolder();

  beforeAll(async () => {
    const document = join(ROOT, 'stacks/pipelines/fall-detection/pipeline.yaml');
    const program = [process.execPath, join(ROOT, 'lib/runtime/main.js'), 'serve', document];
    server = await startProcess([...program, '--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0']);
  });
  afterAll(() => server.stop());

  it('gets answers that it can read, over both services', () => {
    compileProtos(python, generated);
    const client = join(__dirname, 'python/client.py');
    const printed = execFileSync(python, [client, generated, server.ready.grpc], {
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
