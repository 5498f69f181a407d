import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileRepositoryOptions, OPTIONS } from '../../repository/config';
import { describeLocation } from '../../repository/store/store-location';
import { temporaryFolder } from '../fixtures/temporary-folder';

const root = join(__dirname, '..', '..');
const folder = temporaryFolder({ 'tokens.txt': 'bad line' });

it('fills in defaults', () => {
  expect(compileRepositoryOptions({})).toMatchObject({
    http: { host: '0.0.0.0', port: 9012 },
    store: { kind: 'embedded', directory: './mis-repository' },
    readOnly: false,
    maxBodyBytes: 4 * 2 ** 30,
    drainTimeoutMs: 30_000,
    logLevel: 'info',
  });
});

it.each([
  ['file:/data/store', { kind: 'embedded', directory: '/data/store' }],
  ['file:///data/store', { kind: 'embedded', directory: '/data/store' }],
  ['file:relative', { kind: 'embedded', directory: 'relative' }],
  ['mongodb://user:secret@host/db', { kind: 'mongodb', uri: 'mongodb://user:secret@host/db' }],
])('reads the store %s', (store, expected) => {
  expect(compileRepositoryOptions({ store }).store).toEqual(expected);
});

it.each([
  [{ http: '0.0.0.0' }, '--http must be host:port'],
  [{ http: ':::99999' }, '--http must be host:port'],
  [{ store: 'postgres://user:secret@host' }, "got 'postgres://…@host'"],
  [
    { store: 'mongodb://user:p@ss/w:rdSECRET@localhost:27017/components' },
    "--store must have its user and password percent-encoded (@ is %40, : is %3A, / is %2F, ? is %3F, # is %23), got 'mongodb://…@localhost:27017/components'",
  ],
  [{ store: 'mongodb://user:SEC?RET@h/db' }, "got 'mongodb://…@h/db'"],
  [{ store: 'mongo://u:SEC/RET@h/db' }, "got 'mongo://…@h/db'"],
  [{ maxBody: '10XB' }, '--max-body must be a size above 0'],
  [{ maxBody: '0' }, '--max-body must be a size above 0'],
  [{ drainTimeout: '30' }, '--drain-timeout must be a number with a unit'],
  [{ sweepInterval: '1ms' }, '--sweep-interval must be from 1s'],
  [{ rateLimit: '-1' }, '--rate-limit must be an integer ≥ 0'],
  [{ readOnly: 'perhaps' }, "--read-only must be true or false, got 'perhaps'"],
  [{ logLevel: 'loud' }, '--log-level must be one of'],
  [{ corsOrigin: 'example.org' }, '--cors-origin must be origins'],
  [{ tokens: '/nowhere/tokens' }, "--tokens must be a file that can be read, got '/nowhere/tokens'"],
  [{ tlsCert: __filename }, '--tls-cert and --tls-key go together'],
  [{ publicRead: true }, '--public-read has a meaning only with --tokens'],
])('refuses %j', (options, message) => {
  expect(() => compileRepositoryOptions(options)).toThrow(message);
});

it.each([
  'mongodb://user:SECRET@host/db',
  'mongodb+srv://user:SECRET@cluster.example/db?tlsCertificateKeyFilePassword=SECRET',
  'mongodb://us%40er:SECRET%2F@a:1,b:2/db',
])('says where the store is without its password: %s', (store) => {
  const location = compileRepositoryOptions({ store }).store;
  expect(location).toEqual({ kind: 'mongodb', uri: store });
  expect(describeLocation(location)).not.toContain('SECRET');
  expect(describeLocation(location)).not.toContain('user');
});

it('says everything that is wrong at once', () => {
  expect(() => compileRepositoryOptions({ http: 'x', maxBody: 'y' })).toThrow(/^--http .*\n--max-body .*$/);
});

describe('the program', () => {
  const run = (args: string[], env: Record<string, string> = {}) => {
    const reader = join(root, 'test', 'read-typescript.js');
    const program = join(root, 'repository', 'main.ts');
    const { status, stderr, stdout } = spawnSync(process.execPath, ['--require', reader, program, ...args], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      timeout: 20_000,
    });
    return { status, stderr, stdout };
  };
  const file = join(folder, 'a-file');
  writeFileSync(file, '');

  it.each([
    [['--colour', 'red'], {}, "unknown option '--colour'"],
    [['--http', 'nowhere'], {}, '--http must be host:port'],
    [[], { MIS_HTTP: 'nowhere' }, '--http must be host:port'],
    [[], { MIS_READ_ONLY: 'perhaps' }, "--read-only must be true or false, got 'perhaps'"],
    [['--http'], {}, "option '--http <host:port>' argument missing"],
    [['serve'], {}, 'too many arguments'],
    [['--store', `file:${file}`], {}, `cannot use ${file} as a store`],
    [['--tokens', join(folder, 'tokens.txt')], {}, 'tokens.txt:1: a line is a name'],
    [['--http', '192.0.2.1:0', '--store', `file:${folder}/s`], {}, 'cannot listen on 192.0.2.1:0'],
    [['token', 'a name with spaces'], {}, 'a name is letters, digits'],
  ])('ends with exit code 2 and one message: %j %j', (args, env, message) => {
    const { status, stderr } = run(args, env);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^mis-repository: /);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('tells its options and its version', () => {
    const help = run(['--help']);
    expect(help.status).toBe(0);
    for (const { flags } of Object.values(OPTIONS)) expect(help.stdout).toContain(flags);
    expect(run(['--version'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });

  it('makes tokens', () => {
    const { status, stdout } = run(['token', 'ci', '--scope', 'write']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/mis_[\w-]{43}\n.*ci write sha256:[0-9a-f]{64}\n$/);
  });
});
