import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../../../runtime/cli/program';
import { runProgram } from '../../../contracts/program/run-program';
import { doublingModel } from '../../fixtures/onnx-models';
import { packageForm, startRepository, type TestRepository } from '../../fixtures/repository';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const folder = temporaryFolder({
  'double.onnx': doublingModel(),
  'step/component.json': JSON.stringify({
    kind: 'transformation',
    id: 'offset',
    version: '2.0.0',
    description: 'Adds a constant',
    entry: 'index.js',
  }),
  'step/index.js': 'module.exports = {};',
  'empty/readme.txt': 'no manifest',
});
const path = (...parts: string[]) => join(folder, ...parts);
let repository: TestRepository;
beforeAll(async () => {
  repository = await startRepository();
  process.env.REPOSITORY_ADDRESS = repository.url;
});
afterAll(async () => {
  delete process.env.REPOSITORY_ADDRESS;
  await repository.stop();
});

async function mis(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const stdout = jest
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => ((out += String(text)), true));
  const stderr = jest
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => ((err += String(text)), true));
  try {
    const code = await runProgram(createProgram(), ['node', 'mis', ...args]);
    return { code, out, err };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

const listed = async (kind: string) => (await fetch(`${repository.url}/${kind}`)).json();

it('makes a key, and writes over none', async () => {
  const made = await mis('keygen', path('key'));
  expect(made).toMatchObject({
    code: 0,
    out: expect.stringMatching(/key id: +ed25519:[0-9a-f]{64}\n$/) as string,
  });
  const again = await mis('keygen', path('key'));
  expect(again).toMatchObject({
    code: 2,
    err: `mis: ${path('key')} is there already, and a key is never written over\n`,
  });
});

it('pushes a model file, signed, and pulls it verified', async () => {
  const pushed = await mis(
    ...['push', 'model', path('double.onnx'), '--name', 'double', '--version', '1.0.0'],
    ...['--description', 'Doubles', '--sign', path('key')],
  );
  expect(pushed).toMatchObject({ code: 0, err: '' });
  expect(pushed.out).toMatch(
    /^pushed model double 1.0.0 to http.*\n {2}\d+ bytes, signed by ed25519:\w+\n.*digest: sha256:[0-9a-f]{64}\n$/,
  );
  expect(await listed('model')).toMatchObject([
    {
      model_name: 'double',
      meta: { library: 'onnx', description: 'Doubles' },
      opaque: false,
      file_name: 'double.onnx',
    },
  ]);
  const digest = /sha256:[0-9a-f]{64}/.exec(pushed.out)?.[0] ?? '';
  const output = path('pulled.onnx');
  const pulled = await mis(
    ...['pull', 'model', 'double', '1.0.0', '--output', output],
    ...['--digest', digest, '--trust', path('key.pub')],
  );
  expect(pulled).toMatchObject({ code: 0, err: '' });
  expect(readFileSync(output).equals(doublingModel())).toBe(true);
});

it('packs a directory, whose manifest says what it is', async () => {
  const signed = await mis('sign', 'transformation', path('step'), '--key', path('key'));
  expect(signed.out).toContain(`: ${path('step.sig')}`);
  const pushed = await mis('push', 'transformation', path('step'));
  expect(pushed).toMatchObject({ code: 0, err: '' });
  expect(pushed.out).toMatch(/^pushed transformation offset 2.0.0 .*\n.*signed by ed25519/);
  expect(await listed('transformation')).toMatchObject([
    { id: 'offset', package_version: '2.0.0', description: 'Adds a constant', opaque: false },
  ]);
  const pulled = await mis(
    'pull',
    'transformation',
    'offset',
    '--output',
    path('o.zip'),
    '--trust',
    path('key.pub'),
  );
  expect(pulled.code).toBe(0);
});

it('attaches a signature to what is stored', async () => {
  await mis('push', 'model', path('double.onnx'), '--name', 'later', '--version', '1');
  const refused = await mis('pull', 'model', 'later', '1', '--output', path('x'), '--trust', path('key.pub'));
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining("model 'later' 1 is not signed: sign it") as string,
  });
  const attached = await mis(
    ...[
      'sign',
      'model',
      path('double.onnx'),
      '--name',
      'later',
      '--version',
      '1',
      '--key',
      path('key'),
      '--attach',
    ],
  );
  expect(attached.out).toContain('and attached it in http');
  const pulled = await mis('pull', 'model', 'later', '1', '--output', path('x'), '--trust', path('key.pub'));
  expect(pulled.code).toBe(0);
});

it('does not pull what was altered behind a signature', async () => {
  await mis(
    'push',
    'model',
    path('double.onnx'),
    '--name',
    'double',
    '--version',
    '2',
    '--sign',
    path('key'),
  );
  await fetch(`${repository.url}/model/double/2`, { method: 'PUT', body: packageForm('altered', 'x.bin') });
  const pulled = await mis('pull', 'model', 'double', '2', '--trust', path('key.pub'));
  expect(pulled).toMatchObject({ code: 1, err: expect.stringContaining('is not signed') as string });
  const pinned = await mis(
    'pull',
    'model',
    'double',
    '2',
    '--output',
    path('y'),
    '--digest',
    `sha256:${'0'.repeat(64)}`,
  );
  expect(pinned.err).toContain('it was altered or replaced, and is not used');
});

it('lists what is there', async () => {
  const all = await mis('list');
  expect(all.out).toMatch(/model .*double .*1\.0\.0 .*B .*ed25519:/);
  expect(all.out).toContain('offset');
  expect((await mis('list', 'model')).out).not.toContain('offset');
  expect((await mis('list', '--search', 'constant')).out).not.toContain('double');
  expect((await mis('list', 'service')).out).toBe('nothing found\n');
  const lines = (await mis('list', 'transformation', '--json')).out.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { kind: 'transformation', id: 'offset' },
  ]);
});

it.each([
  [['push', 'modell', 'x'], 2, "a kind is one of transformation, model, inferencer, service, got 'modell'"],
  [['push', 'model', '/nowhere'], 2, 'no such file or directory: /nowhere'],
  [['push', 'model', path('double.onnx')], 1, 'does not say its name: give --name'],
  [['push', 'model', path('double.onnx'), '--name', 'x'], 1, 'does not say its version: give --version'],
  [['push', 'transformation', path('empty')], 1, 'has no component.json, which says what it is'],
  [['push', 'service', path('step')], 1, 'is a transformation, not a service'],
  [
    ['push', 'transformation', path('step'), '--name', 'other'],
    1,
    "has the name 'offset' in its component.json, --name says 'other'",
  ],
  [['push', 'transformation', path('step'), '--version', '3'], 1, "has the version '2.0.0'"],
  [
    ['push', 'model', path('double.onnx'), '--name', 'x', '--version', '1'],
    1,
    "double.onnx.sig is for name 'later'",
  ],
  [['push', 'model', path('pulled.onnx'), '--name', '../x', '--version', '1'], 1, 'body.model_name'],
  [['pull', 'model', 'double'], 2, 'a model is pulled by name and version'],
  [['pull', 'model', 'nobody', '1'], 1, 'model nobody 1 is not in http'],
  [['pull', 'model', 'double', '1.0.0', '--digest', 'x'], 2, '--digest must be sha256:'],
  [['list', '--repository', 'http://127.0.0.1:1'], 1, 'cannot be reached: bad port'],
  [['list', '--repository', 'http://a b'], 2, '--repository must be a URL'],
])('says what is wrong with %j', async (args, code, message) => {
  const result = await mis(...args);
  expect(result.code).toBe(code);
  expect(result.err).toContain(message);
});

it('asks for a repository', async () => {
  delete process.env.REPOSITORY_ADDRESS;
  expect(await mis('list')).toMatchObject({
    code: 2,
    err: expect.stringContaining('name it by --repository') as string,
  });
  process.env.REPOSITORY_ADDRESS = repository.url;
});

it('refuses a package with a link in it', async () => {
  mkdirSync(path('linked'));
  writeFileSync(path('linked', 'component.json'), readFileSync(path('step', 'component.json')));
  symlinkSync('/etc/hostname', path('linked', 'index.js'));
  const pushed = await mis('push', 'transformation', path('linked'));
  expect(pushed).toMatchObject({ code: 1, err: expect.stringContaining('a package has no links') as string });
});
