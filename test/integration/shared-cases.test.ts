import { cpSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { toTensor } from '../../runtime/grpc/tensors/converters';
import { tensor, type Tensor } from '../../runtime/tensor/tensor';
import { eventually } from '../fixtures/eventually';
import { identityModel } from '../fixtures/models/tiny-models';
import { ROOT } from '../fixtures/package';
import { pipelineFolder } from '../fixtures/pipeline-folder';
import { compileProtos } from '../fixtures/python';
import { runMis } from '../fixtures/run-mis';
import { randomNumbers } from '../fixtures/seed';
import { serveCommand, startProcess, type ServerProcess } from '../fixtures/server-process';
import { StockClient, request, type CallOutcome } from '../fixtures/stock-client';
import { temporaryFolder } from '../fixtures/temporary-folder';
import { describeWith, itWith } from '../fixtures/tools';

// Each case shows one failure that models of real use, or reports of other servers, have brought up. The folder of a case
// has the model, the document and what is expected of them.

const floats = (shape: number[], ...values: number[]): Tensor<'float32'> =>
  tensor('float32', shape, Float32Array.from(values));

interface Served {
  readonly server: ServerProcess;
  readonly call: (...requests: Readonly<Record<string, Tensor>>[]) => Promise<CallOutcome>;
  /** The outputs of one request. @throws Error when it is answered with an error. */
  readonly predict: (inputs: Readonly<Record<string, Tensor>>) => Promise<Record<string, Tensor>>;
}

const clients: StockClient[] = [];
afterEach(() => clients.splice(0).forEach((client) => client.close()));

async function serve(document: string, options: readonly string[] = []): Promise<Served> {
  const server = await startProcess(serveCommand(document, { options }), undefined, {
    readyWithinMs: 25_000,
  });
  const client = new StockClient(server.ready.grpc);
  clients.push(client);
  const call: Served['call'] = (...inputs) => client.call(inputs.map((each, id) => request(id, each)));
  return {
    server,
    call,
    predict: async (inputs) => {
      const { responses, status: end } = await call(inputs);
      if (responses.length === 0) throw new Error(`${status[end.code]}: ${end.details}`);
      const [{ tensors, error }] = responses;
      if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
      return Object.fromEntries(tensors.map(([name, proto]) => [name, toTensor(proto, name)]));
    },
  };
}

const valuesOf = ({ data }: Tensor): number[] => Array.from(data as Float32Array);

describeWith(['shared cases', 'Python with onnxruntime'], 'a case with a script', (cases, python) => {
  /** What the script of a case prints; it runs in a copy, because it writes beside itself. */
  async function run(name: string, timeoutMs = 170_000): Promise<string> {
    const folder = temporaryFolder();
    cpSync(join(cases, 'lib.py'), join(folder, 'lib.py'));
    cpSync(join(cases, name), join(folder, name), { recursive: true });
    const command = [python, join(folder, name, 'run.py')];
    const { stdout, stderr } = await runMis([], { command, cwd: ROOT, env: { PROJECT: ROOT }, timeoutMs });
    return stdout === '' ? stderr : stdout;
  }

  it('r01: a request that crashes the engine fails alone', async () => {
    const lines = (await run('r01-one-request-kills-server')).trim().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(
      'instnorm topk-none lstm-none dqlstm unique dft div mod'.split(' '),
    );
    expect(lines.filter((line) => !line.endsWith('| server rc None'))).toEqual([]);
    expect(lines.filter((line) => /UNAVAILABLE|DEADLINE_EXCEEDED|answered/.test(line))).toEqual([]);
  }, 180_000);

  it("r02: answers do not depend on another client's request", async () => {
    const printed = await run('r02-neighbours-change-answers');
    expect(printed).toContain('labels changed by a neighbour: 0 of 40');
    const difference = /with a louder neighbour: (\S+)/.exec(printed)?.[1];
    expect(Number(difference)).toBeLessThan(1e-6);
  }, 180_000);

  it('r05: external weights that are overwritten in place change nothing', async () => {
    const printed = await run('r05-external-weights-overwritten-in-place');
    expect([...printed.matchAll(/before \[1\.0, 1\.0, 1\.0, 1\.0\]/g)]).toHaveLength(2);
    expect([...printed.matchAll(/half copied \[1\.0, 1\.0, 1\.0, 1\.0\]/g)]).toHaveLength(2);
    expect([...printed.matchAll(/server rc None/g)]).toHaveLength(2);
  }, 180_000);

  it('r08: a model that crashes the engine at load is refused', async () => {
    const printed = await run('r08-changed-model-kills-server');
    expect(printed).toContain('server rc after the change None');
    expect(printed).toContain('mis validate rc 1');
  }, 180_000);

  it('r10: string outputs that are no UTF-8 leave as the bytes that the model gives, or as an error', async () => {
    const printed = await run('r10-string-outputs-changed');
    expect(printed).toMatch(/\[b'caf\\xe9', b'\\xff\\xfe\\xfa'\]|holds bytes that are no UTF-8 text/);
    expect(printed).not.toContain(String.raw`caf\xef\xbf\xbd`);
  }, 180_000);

  it("m05: a scalar by the README's recipe is read", async () => {
    const stubs = temporaryFolder();
    compileProtos(python, stubs);
    const { server } = await serve(join(cases, 'm05-scalar-by-the-readme-recipe/pipeline.yaml'));
    const sent = readFileSync(join(cases, 'm05-scalar-by-the-readme-recipe/send.py'), 'utf8');
    // The recipe may also write the shape of a scalar.
    const call = 't.tensor_shape.SetInParent()';
    const isInRecipe = readFileSync(join(ROOT, 'README.md'), 'utf8').includes('tensor_shape.SetInParent()');
    const script = isInRecipe ? sent.replace('    for size', `    ${call}\n    for size`) : sent;
    const command = [python, '-c', script, server.ready.grpc];
    const { stdout } = await runMis([], { command, env: { PYTHONPATH: stubs } });
    expect(stdout).toContain('output');
    expect(stdout).not.toContain('error');
  }, 60_000);
});

describeWith('shared cases', 'a case with a document', (cases) => {
  const file = (name: string, document = 'pipeline.yaml'): string => join(cases, name, document);
  const validate = (name: string) => runMis(['validate', file(name)]);

  it('m01: components beside a document of a relative path are loaded', async () => {
    const path = file('m01-relative-path-component');
    const cwd = dirname(path);
    expect(await runMis(['validate', basename(path)], { cwd })).toMatchObject({ code: 0 });
    const up = join(basename(cwd), basename(path));
    expect(await runMis(['validate', up], { cwd: dirname(cwd) })).toMatchObject({ code: 0 });
  }, 60_000);

  it.each([
    ['strings.yaml', 'text'],
    ['numbers.yaml', 'plain'],
    ['ints.yaml', 'ints'],
  ])(
    'm02: a tensor of a component with the wrong data is refused (%s)',
    async (document, component) => {
      const { call } = await serve(file('m02-component-tensor-unchecked', document));
      const { responses } = await call({ x: floats([1, 1], 1) });
      expect(responses[0].error).toMatchObject({
        code: 'INTERNAL',
        step: expect.stringContaining(`postprocessing[0] ${component}`) as string,
      });
      // Which container came, and which it must be.
      expect(responses[0].error?.message).toMatch(/Array|array/);
    },
    60_000,
  );

  it('m03: axes that the exporter calls "?" have sizes of their own', async () => {
    expect(await validate('m03-question-mark-axes')).toMatchObject({ code: 0 });
    const { predict } = await serve(file('m03-question-mark-axes'));
    const { y } = await predict({ x: floats([1, 3, 48, 192], ...Array<number>(3 * 48 * 192).fill(2)) });
    expect([y.shape, valuesOf(y)[0]]).toEqual([[1, 3, 48, 192], 2]);
  }, 60_000);

  it("m04: the document's shape of an output counts, not that of the file", async () => {
    const { predict } = await serve(file('m04-output-shape-of-the-file'));
    const values = Array.from({ length: 24 }, (_, index) => index);
    const { y } = await predict({ x: floats([2, 12], ...values) });
    expect([y.shape, valuesOf(y)]).toEqual([[2, 3, 4], values]);
  }, 60_000);

  it("m06: answers of a quantized classifier do not depend on other clients' requests", async () => {
    const random = randomNumbers();
    const inputs = Array.from({ length: 64 }, (_, index) => ({
      x: floats([1, 64], ...Array.from({ length: 64 }, () => (random() - 0.5) * 10 ** ((index % 4) - 1))),
    }));
    const { call, predict } = await serve(file('m06-neighbours-in-answers'));
    const together = (await call(...inputs)).responses.map(({ tensors }) =>
      valuesOf(toTensor(tensors[0][1], 'y')),
    );
    const alone: number[][] = [];
    for (const each of inputs) alone.push(valuesOf((await predict(each)).y));
    const top = (values: readonly number[]): number => values.indexOf(Math.max(...values));
    expect(together.map(top)).toEqual(alone.map(top));
    const errors = alone.map((values, row) => {
      const differences = values.map((value, at) => Math.abs(value - together[row][at]));
      return Math.max(...differences) / Math.max(...values);
    });
    expect(Math.max(...errors)).toBeLessThan(1e-3);
  }, 60_000);

  it('m07: axes that the exporter gives names of their own do not turn batching off', async () => {
    const { server } = await serve(file('m07-batching-off-by-names'));
    const opened = server.log.filter((line) => line.includes('"batchable"'));
    expect(opened.map((line) => (JSON.parse(line) as { batchable: boolean }).batchable)).toEqual([true]);
  }, 60_000);

  it('m08: an optional input that the document declares is used', async () => {
    const { predict } = await serve(file('m08-optional-input-ignored'));
    const { y } = await predict({ x: floats([1, 4], 1, 1, 1, 1), k: floats([1], 5) });
    expect(valuesOf(y)).toEqual([5, 5, 5, 5]);
  }, 60_000);

  it('m09: whole numbers are taken for floats', async () => {
    const { server } = await serve(file('m09-whole-numbers-in-json'));
    const requests = file('m09-whole-numbers-in-json', 'requests.jsonl');
    const { code, stdout } = await runMis(['infer', '--address', server.ready.grpc, requests]);
    const answers = stdout.trim().split('\n');
    expect([code, answers.length, answers.filter((line) => line.includes('error'))]).toEqual([0, 3, []]);
  }, 60_000);

  it('m10: an inferencer that there is not is refused', async () => {
    const { code, stdout, stderr } = await validate('m10-any-inferencer');
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/inferencer.*onnx.*tensorrt/);
  });

  it('m11, r16: a sequence of maps is served as a tensor, or named with how to export it as one', async () => {
    const { code, stdout, stderr } = await validate('m11-zipmap-left-out');
    if (code === 0) {
      const { predict } = await serve(file('m11-zipmap-left-out'));
      const { output_probability: probability } = await predict({ X: floats([1, 4], 5.1, 3.5, 1.4, 0.2) });
      expect(probability.shape).toEqual([1, 3]);
      expect(valuesOf(probability).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    } else {
      expect(stdout + stderr).toMatch(/output_probability.*sequence.*zipmap/is);
    }
  }, 60_000);

  it('m12: values from before the model can be kept', async () => {
    const document = readFileSync(file('m12-nothing-passes-the-model'), 'utf8');
    const folder = temporaryFolder({ 'pipeline.yaml': `${document}keep: [x]\n` });
    cpSync(join(cases, 'm12-nothing-passes-the-model/components'), join(folder, 'components'), {
      recursive: true,
    });
    const { predict } = await serve(join(folder, 'pipeline.yaml'));
    const { x, y } = await predict({ x: floats([1, 2], 3, 4) });
    expect([valuesOf(x), valuesOf(y)]).toEqual([
      [3, 4],
      [3, 4],
    ]);
  }, 60_000);

  it("m13: the log has the line of a component's error", async () => {
    const { server, call } = await serve(file('m13-component-errors-without-place'));
    const { responses } = await call({ x: floats([1, 1], 1) });
    expect(responses[0].error).toMatchObject({ step: expect.stringContaining('deep') as string });
    expect(responses[0].error?.message).not.toContain('index.js');
    await eventually(() => expect(server.log.join('\n')).toMatch(/deep\/1\.0\.0\/index\.js:1:\d+/));
  }, 60_000);

  it('m14: a format step that returns no format is a problem of its step', async () => {
    const { code, stdout, stderr } = await validate('m14-format-step-crashes-validate');
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/pipeline\.yaml.*preprocessing\[0\].*bad.*any/);
  });

  it('m16: a Basic pipeline is not served over the Extended service', async () => {
    const { call } = await serve(file('m16-basic-is-not-bound'));
    const { responses, status: end } = await call({ x: floats([1, 1], 1) });
    expect([responses[0]?.error?.code ?? status[end.code]]).toEqual(['FAILED_PRECONDITION']);
  }, 60_000);
});

// m15 needs a detector of 4.7 MB that is not in the folder.
describe('a case that needs no file of the folder', () => {
  it('m17: mis infer sends the bytes of any file', async () => {
    const document = pipelineFolder(identityModel('string', ['n']), {
      name: 'files',
      input: { x: { dtype: 'string', shape: ['n'] } },
    });
    const { server } = await serve(document);
    const sent = join(temporaryFolder({ 'sound.wav': 'RIFF and so on' }), 'sound.wav');
    const send = (input: string) => runMis(['infer', '--address', server.ready.grpc, '--input', input]);
    for (const input of [`x=${sent}:string`, `x=${sent}:string:1`]) {
      const { code, stdout } = await send(input);
      expect([code, stdout]).toEqual([0, expect.stringContaining('RIFF and so on')]);
    }
  }, 60_000);

  it("r11: an empty cell in CSV's first row is refused", async () => {
    const folder = temporaryFolder({ 'first.csv': '1,\n3,4\n' });
    const input = `x=${join(folder, 'first.csv')}:float32`;
    const args = [
      'infer',
      '--address',
      '127.0.0.1:1',
      '--timeout',
      '1s',
      '--window',
      '2x2',
      '--input',
      input,
    ];
    const { code, stderr } = await runMis(args);
    expect(code).not.toBe(0);
    expect(stderr).toContain("first.csv:1: '' is no number");
  });

  itWith(
    'IPv6 loopback',
    'r03: the server listens on IPv6',
    async () => {
      const options = ['--grpc', '[::1]:0', '--http', '[::1]:0'];
      const document = join(ROOT, 'stacks/pipelines/fall-detection/pipeline.yaml');
      const { server, call } = await serve(document, options);
      expect(server.ready.grpc).toMatch(/^\[::1\]:\d+$/);
      const window = tensor('int16', [9, 3], new Int16Array(27));
      expect((await call({ array: window })).responses[0].error).toBeUndefined();
      expect((await fetch(`http://${server.ready.http}/readyz`)).status).toBe(200);
    },
    60_000,
  );

  it('r19: the log and the message have no part of a password that is not encoded', async () => {
    const program = [process.execPath, join(ROOT, 'lib/repository/main.js')];
    const stores = [
      'mongodb://user:p@ss/w:rdSECRET@localhost:27017/components',
      'mongo://user:p/SECRET@localhost/components',
    ];
    for (const store of stores) {
      const args = ['--store', store, '--http', '127.0.0.1:0'];
      const { code, stdout, stderr } = await runMis(args, { command: program, timeoutMs: 10_000 });
      expect([store, code]).toEqual([store, 2]);
      expect(stdout + stderr).not.toMatch(/SECRET|p@ss/);
    }
  }, 30_000);
});
