import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startProcess } from '../../fixtures/server-process';
import { MIS } from '../../fixtures/package';
import { eventually } from '../../fixtures/eventually';
import { identityModel } from '../../fixtures/models/tiny-models';
import { doublingModel } from '../../fixtures/onnx-models';
import { packageForm, send, startRepository, type TestRepository } from '../../fixtures/repository';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { runMis } from '../../fixtures/run-mis';
import { FALL_DETECTION } from '../../fixtures/start-server';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const broken = temporaryFolder({ 'pipeline.yaml': 'name: Broken Name\ninputs: {}\n' });
const unfit = pipelineFolder(identityModel('float32'), {
  name: 'unfit',
  input: { x: { dtype: 'float32', shape: ['batch', 3] } },
  preprocessing: [{ use: 'scale', faktor: 2 }, { use: 'nothing-of-the-kind' }],
});
const corrupt = temporaryFolder({
  'pipeline.yaml': [
    'name: corrupt',
    'input: { x: { dtype: float32, shape: [1] } }',
    "model: { name: corrupt, version: '1' }",
  ].join('\n'),
  'components/model/corrupt/1/model.onnx': 'this is no model',
});

describe('mis', () => {
  it.each([
    [['serve'], "missing required argument 'path'"],
    [['serve', FALL_DETECTION, '--grcp', '1'], "unknown option '--grcp'"],
    [['serve', FALL_DETECTION, '--grpc', 'here'], '--grpc: must be host:port with a port from 0 to 65535'],
    [['serve', '/no/such/pipeline.yaml'], 'no such file or directory: /no/such/pipeline.yaml'],
    [['serve', FALL_DETECTION, '--components', '/no/such'], 'no such file or directory: /no/such'],
    [['serve', FALL_DETECTION, '--tokens', '/no/tokens'], 'no such file or directory: /no/tokens'],
    [['serve', FALL_DETECTION, '--jwks', 'keys.json'], '--jwks: needs --jwt-audience'],
    [['token', 'camera', 'No_Pipeline'], 'the new token: a line is a name, the pipelines'],
    [['validate', '/no/such.yaml'], 'no such file or directory: /no/such.yaml'],
    [['serf'], "unknown command 'serf'"],
  ])('ends %j with code 2 and one message', async (args, message) => {
    const { code, stderr } = await runMis(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  it('takes its options from the environment too', async () => {
    const { code, stderr } = await runMis(['serve', FALL_DETECTION], { env: { MIS_DRAIN_TIMEOUT: 'soon' } });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('--drain-timeout: must be a number with a unit') as string,
    ]);
  });

  it("takes OpenTelemetry's own variables from the environment, and refuses what it does not know", async () => {
    const otel = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_SAMPLER: 'sometimes' };
    expect(await runMis(['serve', FALL_DETECTION], { env: otel })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('OTEL_TRACES_SAMPLER: must be one of always_on') as string,
    });
  });

  it('makes a token, and reads tokens again on SIGHUP', async () => {
    const { stdout } = await runMis(['token', 'camera-1', 'fall-detection']);
    const [, token, line] =
      /^token \(shown once\): (mis_[\w-]{43})\nline for the file: {2}(camera-1 fall-detection sha256:\w{64})\n$/.exec(
        stdout,
      ) ?? [];
    expect(token).toBeDefined();
    const tokens = join(temporaryFolder({ tokens: `${line}\n` }), 'tokens');
    const addresses = ['--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0'];
    const child = spawn(process.execPath, [MIS, 'serve', FALL_DETECTION, ...addresses, '--tokens', tokens], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 20_000,
    });
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const ended = new Promise((resolve) => child.once('close', resolve));
    await eventually(() => expect(log).toContain('"msg":"ready"'));
    child.kill('SIGHUP');
    await eventually(() => expect(log).toContain('"msg":"credentials reloaded"'));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('serves until SIGTERM, and then ends with code 0', async () => {
    const program = [
      process.execPath,
      MIS,
      'serve',
      FALL_DETECTION,
      '--grpc',
      '127.0.0.1:0',
      '--http',
      '127.0.0.1:0',
    ];
    const server = await startProcess(program);
    expect(server.ready.grpc).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect((await fetch(`http://${server.ready.http}/readyz`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });

  it('does not start with a document that cannot serve, and names every problem', async () => {
    const { code, stderr } = await runMis([
      'serve',
      join(broken, 'pipeline.yaml'),
      unfit,
      '--grpc',
      '127.0.0.1:0',
      '--http',
      '127.0.0.1:0',
    ]);
    expect(code).toBe(1);
    for (const problem of [
      'name: a pipeline name is',
      'inputs',
      'preprocessing[0]',
      'faktor',
      'preprocessing[1].use',
      'nothing-of-the-kind',
    ]) {
      expect(stderr).toContain(problem);
    }
  });

  describe('validate', () => {
    let repository: TestRepository | undefined;
    afterEach(() => repository?.stop());

    it('says what a right document takes and answers', async () => {
      const { code, stdout } = await runMis(['validate', FALL_DETECTION]);
      expect(code).toBe(0);
      expect(stdout).toBe(
        `${FALL_DETECTION}: ok: fall-detection: array int16 [9, 3] unit=tag → prediction float32 [1, 1]\n`,
      );
    });

    it('notes what is probably not meant', async () => {
      const document = pipelineFolder(identityModel('float32'), {
        name: 'spare',
        input: {
          x: { dtype: 'float32', shape: ['batch', 2] },
          spare: { dtype: 'float32', shape: [1] },
        },
      });
      const { code, stdout } = await runMis(['validate', document]);
      expect(code).toBe(0);
      expect(stdout).toContain(`${document}: note: input.spare: nothing uses this input\n`);
    });

    it('fetches what is in no local directory', async () => {
      repository = await startRepository();
      await send(`${repository.url}/model`, 'POST', { model_name: 'double', model_version: '1' });
      const body = packageForm(doublingModel(), 'double.onnx');
      await fetch(`${repository.url}/model/double/1`, { method: 'PUT', body });
      const document = (version: string) => ({
        name: 'doubled',
        input: { x: { dtype: 'float32', shape: ['batch', 3] } },
        model: { name: 'double', version },
        output: { y: { dtype: 'float32', shape: ['batch', 3] } },
      });
      const folder = temporaryFolder({
        'right.json': JSON.stringify(document('1')),
        'wrong.json': JSON.stringify(document('9')),
      });
      const options = ['--repository', repository.url, '--components', join(folder, 'kept')];
      const right = await runMis(['validate', join(folder, 'right.json'), ...options]);
      expect(right).toMatchObject({ code: 0, stderr: '' });
      expect(right.stdout).toContain('ok: doubled: x float32 [batch, 3]');
      const wrong = await runMis(['validate', join(folder, 'wrong.json'), ...options]);
      expect(wrong).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/model 'double' 9 is not in repository/) as string,
      });
    });

    it('prints every problem of all documents on a line of its own', async () => {
      const { code, stdout, stderr } = await runMis([
        'validate',
        join(broken, 'pipeline.yaml'),
        unfit,
        join(corrupt, 'pipeline.yaml'),
        FALL_DETECTION,
      ]);
      expect(code).toBe(1);
      expect(stdout).toContain('ok: fall-detection');
      const lines = stderr.trim().split('\n');
      expect(lines.length).toBeGreaterThanOrEqual(6);
      for (const problem of [
        'name: a pipeline name is',
        'preprocessing[0].faktor',
        'preprocessing[1].use',
        'is no ONNX model',
      ]) {
        expect(lines.filter((line) => line.includes(problem))).toHaveLength(1);
      }
    });
  });
});
