import { join } from 'node:path';
import { createProgram } from '../../../runtime/cli/program';
import { runProgram } from '../../../contracts/program/run-program';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { ScriptedServer } from '../../fixtures/scripted-server';

const folder = temporaryFolder({
  'recording.csv': 'x,y,z,w\n1,2,3,4\n5,6,7,8\n-9,10,11,12\n',
  'window.json': '[0.5, 1.5]',
  'three.json': '[1, 2, 3]',
  'requests.jsonl': '{"values": [0.5, 2]}\n{"values": {"dtype": "float32", "data": [-1, 1]}}\n',
});
const file = (name: string): string => join(folder, name);

let server: ScriptedServer;
beforeAll(async () => (server = await new ScriptedServer().start()));
afterAll(() => server.stop());
afterEach(() => jest.restoreAllMocks());

interface Outcome {
  readonly code: number;
  readonly lines: string[];
  readonly said: string;
}

/** Runs `mis infer` in this process. */
async function infer(...args: string[]): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    jest.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += String(chunk);
      return true;
    });
  }
  const code = await runProgram(createProgram(), [
    'node',
    'mis',
    'infer',
    '--address',
    server.address,
    ...args,
  ]);
  jest.restoreAllMocks();
  return { code, lines: written.stdout.split('\n').slice(0, -1), said: written.stderr };
}

const sums = (lines: readonly string[]): unknown[] =>
  lines.map((line) => (JSON.parse(line) as { outputs: { sum: { data: number[] } } }).outputs.sum.data[0]);

describe('mis infer', () => {
  it('sends a file as one request', async () => {
    const { code, lines, said } = await infer('--input', `values=${file('window.json')}`);
    expect(code).toBe(0);
    expect(lines).toEqual(['{"index":0,"outputs":{"sum":{"dtype":"float32","shape":[1],"data":[2]}}}']);
    expect(said).toMatch(/^1 answer in 0\.\d{3} s\n$/);
  });

  it('streams a recording window by window', async () => {
    const source = `values=${file('recording.csv')}:float32`;
    const { code, lines } = await infer('-i', source, '--window', '2x2', '--columns', 'x,y');
    expect(sums(lines)).toEqual([14, 12]);
    expect(code).toBe(0);
    expect(sums((await infer('-i', source, '--window', '1x2', '--stride', '2')).lines.slice(0, 2))).toEqual([
      3, 11,
    ]);
  });

  it('sends rows, and prints a line for a person', async () => {
    const source = `values=${file('recording.csv')}:float32`;
    const { code, lines, said } = await infer('-i', source, '--rows', '1', '--format', 'table');
    expect(lines).toEqual([
      '     0  sum 10',
      '     1  sum 26',
      '     2  INVALID_ARGUMENT: preprocessing[0] sqrt: a negative value, got -9',
    ]);
    expect(code).toBe(1);
    expect(said).toContain('mis: 1 of 3 requests failed\n');
  });

  it('sends whole requests from a file, each error in its place', async () => {
    const { code, lines } = await infer(file('requests.jsonl'));
    expect(sums(lines.slice(0, 1))).toEqual([2.5]);
    expect(JSON.parse(lines[1])).toMatchObject({ index: 1, error: { code: 'INVALID_ARGUMENT' } });
    expect(code).toBe(1);
  });

  it('sends whole inputs along with each part of those that are split', async () => {
    server.received.length = 0;
    const { lines } = await infer(
      ...[
        '-i',
        `values=${file('three.json')}:float32`,
        '-i',
        `other=${file('recording.csv')}`,
        '--rows',
        '3',
      ],
    );
    expect(sums(lines)).toEqual([6]);
    expect(server.received).toHaveLength(1);
  });

  it('speaks the Basic service, with numbers as float32', async () => {
    const { lines } = await infer('-i', `x=${file('three.json')}`, '--service', 'basic');
    expect(lines).toEqual([
      '{"index":0,"outputs":{"tensor":{"dtype":"float32","shape":[1,1],"data":[[6]]}}}',
    ]);
  });

  it('waits between requests for as long as is said', async () => {
    const started = performance.now();
    await infer('-i', `values=${file('three.json')}:float32`, '--rows', '1', '--interval', '60ms');
    expect(performance.now() - started).toBeGreaterThanOrEqual(110);
  });

  it('sends the pipeline that is asked for, and tells when there is none', async () => {
    const { code, said, lines } = await infer('-i', `values=${file('three.json')}`, '--pipeline', 'unknown');
    expect([code, lines]).toEqual([1, []]);
    expect(said).toBe(`mis: ${server.address}: NOT_FOUND: no pipeline is named 'unknown'\n`);
  });

  it('tells when nobody listens', async () => {
    const { code, said } = await infer('--address', '127.0.0.1:1', '-i', `values=${file('three.json')}`);
    expect(code).toBe(1);
    expect(said).toMatch(/^mis: 127\.0\.0\.1:1: UNAVAILABLE: .*ECONNREFUSED 127\.0\.0\.1:1\n$/);
  });

  it.each([
    [[], "give either a file of requests or '--input' and '--text'"],
    [['-i', 'values=absent.csv'], 'no such file or directory: absent.csv'],
    [['absent.jsonl'], 'no such file or directory: absent.jsonl'],
    [['-i', 'values'], "'--input' must be name=file[:dtype][:shape]"],
    [['-i', 'a=w.json', '-i', 'a=v.json'], "'--input' gives 'a' twice"],
    [['-i', 'a=w.csv', '--window', '9'], "'--window' must be <length>x<width>, both ≥ 1, e.g. 9x3; got '9'"],
    [['-i', 'a=w.csv', '--rows', '0'], "'--rows' must be an integer ≥ 1, got '0'"],
    [['-i', 'a=w.csv', '--rows', '1', '--window', '1x1'], 'cannot be given together'],
    [['-i', 'a=w.csv', '--stride', '1'], "'--stride' goes with '--window'"],
    [['r.jsonl', '--rows', '1'], "'--rows' goes with '--input', not with a file of requests"],
    [['-i', 'a=w.csv', '--format', 'xml'], 'Allowed choices are json, table'],
    [['-i', 'a=w.csv', '--service', 'tensor'], 'Allowed choices are extended, basic'],
  ])('refuses %j as wrong use', async (args, message) => {
    const { code, said } = await infer(...args);
    expect(said).toContain(message);
    expect(code).toBe(2);
  });

  it.each([
    [['--interval', '5'], "'--interval' must be a number with a unit"],
    [['--timeout', 'soon'], "'--timeout' must be a number with a unit"],
    [['--address', 'localhost'], 'client options: address: must be host:port'],
    [['--tls-ca', 'absent.pem'], 'no such file or directory: absent.pem'],
    [['--tls-key', __filename], 'tls: a client certificate and its key are given together'],
  ])('refuses %j', async (args, message) => {
    const { code, said } = await infer('-i', `values=${file('three.json')}`, ...args);
    expect(said).toContain(message);
    expect(code).toBe(2);
  });
});
