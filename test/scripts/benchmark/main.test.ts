import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../../contracts/program/run-program';
import { readResults } from '../../../scripts/benchmark/report/read-results';
import { createProgram } from '../../../scripts/benchmark/program';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { makeCertificates } from '../../fixtures/certificates';
import { FALL_DETECTION, startServer, type StartedServer } from '../../fixtures/start-server';
import { echo, StreamServer } from '../../fixtures/stream-server';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { describeWith } from '../../fixtures/tools';

const PROGRAM = join(findPackageRoot(__dirname), 'lib/scripts/benchmark/main.js');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: string[]): {
  child: ChildProcess;
  ended: Promise<Ended>;
  said: (text: string) => Promise<void>;
} {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += String(chunk)));
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...text })));
  const said = async (wanted: string): Promise<void> => {
    while (!text.stderr.includes(wanted) && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, ended, said };
}

function run(...args: string[]): Promise<Ended> {
  return start(...args).ended;
}

/** The same in this process, for what ends before anything is driven. */
async function misuse(...args: string[]): Promise<Pick<Ended, 'code' | 'stderr'>> {
  let stderr = '';
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  const code = await runProgram(createProgram(), [process.execPath, 'mis-bench', ...args]);
  write.mockRestore();
  return { code, stderr };
}

const LIMITS = 'limits: { lateness: 10s, cpuShare: 100 }';

function profile(text: string): { folder: string; file: string; out: string } {
  const folder = temporaryFolder({ 'p.yaml': `{ ${text}, ${LIMITS} }` });
  return { folder, file: join(folder, 'p.yaml'), out: join(folder, 'out') };
}

describe('mis-bench', () => {
  let server: StreamServer;
  beforeEach(async () => {
    server = await StreamServer.start(echo);
  });
  afterEach(() => server.stop());

  it('runs a profile from several processes, and writes results that hold together', async () => {
    const { file, out } = profile(
      'profile: fall-detection, clients: [1, 3], devices: 10, rate: 10, warmUp: 200ms, measure: 1s',
    );
    const { code, stdout, stderr } = await run(
      ...[
        'run',
        file,
        '--target',
        server.address,
        '--out',
        out,
        '--processes',
        '2',
        '--deployment',
        'an echo',
      ],
    );
    expect(stderr).toMatch(/\[1\/2\] 1 client × 10 devices × 10\/s: measuring/);
    expect(stdout).toContain(`results in ${out}`);
    expect(code).toBe(0);
    const results = readResults(out);
    expect(results).toMatchObject({ format: 'mis-bench/1', name: 'fall-detection' });
    expect(results.endedEarly).toBeUndefined();
    const [one, three] = results.measurements;
    expect(one).toMatchObject({ clients: 1, deployment: 'an echo', driver: { processes: 1 } });
    expect(three).toMatchObject({
      clients: 3,
      counts: { due: 300, answered: 300, failed: 0, lost: 0 },
      driver: { processes: 2 },
    });
    expect(three.perClient.map(({ client, answered }) => [client, answered])).toEqual([
      [0, 100],
      [1, 100],
      [2, 100],
    ]);
    expect(three.fromDue.count).toBe(300);
    const [header, ...rows] = readFileSync(join(out, 'results.csv'), 'utf8').trim().split('\r\n');
    expect(header).toMatch(/^deployment,profile,clients,devices,/);
    expect(rows).toHaveLength(2);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('keeps what it has measured when %s ends it', async (signal) => {
    const { file, out } = profile('profile: steps, clients: 2, rates: [100, 50], warmUp: 0s, measure: 1m');
    const { child, ended, said } = start(
      'run',
      file,
      '--target',
      server.address,
      '--out',
      out,
      '--processes',
      '2',
    );
    await said('measuring');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    child.kill(signal);
    const { code, stderr } = await ended;
    expect(stderr).toContain(`mis-bench: the run ended early: stopped by ${signal}`);
    expect(code).toBe(1);
    const results = readResults(out);
    expect(results.endedEarly).toBe(`stopped by ${signal}`);
    expect(results.measurements).toHaveLength(1);
    expect(results.measurements[0].counts.answered).toBeGreaterThan(10);
    expect(results.measurements[0].invalid).toEqual([expect.stringMatching(`stopped by ${signal}`)]);
  });

  it('ends with 1 when the server is not there, and still writes why', async () => {
    const gone = await StreamServer.start(echo);
    await gone.stop();
    const { file, out } = profile('profile: steps, rates: [10]');
    const { code, stderr } = await run('run', file, '--target', gone.address, '--out', out);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      `mis-bench: the run ended early: no connection to a gRPC server at ${gone.address}: `,
    );
    expect(readResults(out)).toMatchObject({
      measurements: [],
      endedEarly: expect.stringMatching('no connection') as string,
    });
  });

  it('ends with 1 when a measurement does not count', async () => {
    const folder = temporaryFolder({
      'p.yaml':
        '{ profile: closed-loop, inFlight: 64, warmUp: 100ms, measure: 500ms, limits: { cpuShare: 0.01 } }',
    });
    const out = join(folder, 'out');
    const { code, stderr, stdout } = await run(
      'run',
      join(folder, 'p.yaml'),
      '--target',
      server.address,
      '--out',
      out,
    );
    expect(stderr).toContain('mis-bench: 1 of 1 measurements are not valid');
    expect(stdout).toMatch(
      /measurement 1 is not valid: the driver was the bottleneck: it used \d+ % of a core \(limit 1 %\)/,
    );
    expect(code).toBe(1);
    expect(readResults(out).endedEarly).toBeUndefined();
  });

  it.each([
    ['a profile that is not there', ['run', 'nowhere.yaml'], 'no such file or directory: nowhere.yaml'],
    ['no profile', ['run'], "missing required argument 'profile'"],
    ['an unknown option', ['run', 'x', '--processs', '2'], "unknown option '--processs'"],
    ['a command that is gone', ['join', 'a', 'b'], "unknown command 'join'"],
    ['an unknown command', ['rum'], "unknown command 'rum'"],
  ])('ends with 2 for %s', async (_, args, message) => {
    const { code, stderr } = await misuse(...args);
    expect(stderr).toContain(`mis-bench: ${message}`);
    expect(code).toBe(2);
  });

  it.each([
    ['a misspelt field', 'profile: steps, ratess: [1]', [], 'ratess: is unknown; did you mean "rates"?'],
    [
      'a target without a port',
      'profile: steps, rates: [1]',
      ['--target', 'localhost'],
      "'--target' must be host:port",
    ],
    [
      'no process',
      'profile: steps, rates: [1]',
      ['--processes', '0'],
      "'--processes' must be an integer from 1 to 256, got '0'",
    ],
    [
      'a scrape target without a name',
      'profile: steps, rates: [1]',
      ['--scrape', 'http://x'],
      "'--scrape' must be name=url",
    ],
    [
      'a process without a number',
      'profile: steps, rates: [1]',
      ['--watch', 'envoy=x'],
      "'--watch' must be name=pid",
    ],
    [
      'half of a certificate',
      'profile: steps, rates: [1]',
      ['--tls-cert', 'x'],
      'are needed together, got only --tls-cert',
    ],
    [
      'a token file that is not there',
      'profile: steps, rates: [1]',
      ['--token-file', 'nowhere'],
      'no such file or directory: nowhere',
    ],
    [
      'data that cannot be read',
      'profile: custom, load: { rates: [1] }, data: { use: files, inputs: [{ name: x, file: no.csv }] }',
      [],
      'no.csv: cannot be read: ENOENT',
    ],
    [
      'data that is no recording',
      'profile: fall-detection, recording: p.yaml',
      [],
      'p.yaml: cannot be read: its name must end in .csv',
    ],
  ])('ends with 2 for %s', async (_, text, args, message) => {
    const { file, out } = profile(text);
    const { code, stderr } = await misuse('run', file, '--out', out, ...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });
});

describeWith('OpenSSL 3', 'mis-bench with a server that asks for a certificate', () => {
  let started: StartedServer | undefined;
  afterEach(() => started?.server.stop());

  it.each(['raw', 'stock'])(
    'shows its own, and trusts the authority that it is told of (%s)',
    async (client) => {
      const folder = temporaryFolder();
      makeCertificates(folder);
      const at = (name: string): string => join(folder, name);
      started = await startServer([FALL_DETECTION], {
        tlsCert: at('server.crt'),
        tlsKey: at('server.key'),
        tlsClientCa: at('ca.crt'),
      });
      const { file, out } = profile(
        `profile: steps, client: ${client}, clients: 1, rates: [50], warmUp: 100ms, measure: 500ms`,
      );
      const target = ['--target', started.grpc, '--out', out];
      const trusted = ['--tls-ca', at('ca.crt')];
      const bare = await run('run', file, ...target, ...trusted);
      expect(bare.code).toBe(1);
      const own = ['--tls-cert', at('client.crt'), '--tls-key', at('client.key')];
      const { code, stdout, stderr } = await run('run', file, ...target, ...trusted, ...own);
      expect(code === 0 ? '' : stdout + stderr).toBe('');
      expect(code).toBe(0);
      expect(readResults(out).measurements[0].counts).toMatchObject({ answered: 25, failed: 0 });
    },
    60_000,
  );
});

it('sends the token and the name of the pipeline with every call', async () => {
  const seen: unknown[] = [];
  const server = await StreamServer.start((stream, _, headers) => {
    seen.push([headers.authorization, headers['x-pipeline']]);
    echo(stream);
  });
  const { file, out } = profile(
    'profile: steps, pipeline: falls, clients: 1, rates: [20], warmUp: 0s, measure: 200ms',
  );
  const token = join(temporaryFolder({ token: 'a-secret\n' }), 'token');
  const { code } = await run('run', file, '--target', server.address, '--out', out, '--token-file', token);
  await server.stop();
  expect(code).toBe(0);
  // The probe and the client.
  expect(seen).toEqual(Array(2).fill(['Bearer a-secret', 'falls']));
});
