import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Bootstrap } from '../../constructs/envoy/bootstrap';

/** A running Envoy. */
export class EnvoyProcess {
  static async start(program: string, bootstrap: Bootstrap, observationPort: number): Promise<EnvoyProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'envoy-'));
    const path = join(folder, 'envoy.yaml');
    writeFileSync(path, stringify(bootstrap));
    const flags = [
      '--disable-hot-restart',
      '--concurrency',
      '1',
      '--drain-time-s',
      '2',
      '--drain-strategy',
      'immediate',
    ];
    const child = spawn(program, ['-c', path, ...flags, '-l', 'warning'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const envoy = new EnvoyProcess(child, folder, observationPort);
    let said = '';
    child.stderr?.on('data', (text) => (said += String(text)));
    child.once('exit', () => (said += '\n(it has ended)'));
    await until(async () => (await envoy.get('/ready')).status === 200).catch((error: Error) => {
      throw new Error(`${error.message}\nEnvoy: ${said.slice(-2000)}`);
    });
    return envoy;
  }

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly observationPort: number,
  ) {}

  get pid(): number {
    return this.child.pid as number;
  }

  get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.observationPort}${path}`);
  }

  /** Value of the one series with these words in its line. */
  async stat(...words: string[]): Promise<number> {
    const text = await (await this.get('/stats/prometheus')).text();
    const line = text.split('\n').find((candidate) => words.every((word) => candidate.includes(word)));
    return line === undefined ? NaN : Number(line.split(' ').at(-1));
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}

/** Waits, 15 seconds at most, until `check` holds; errors count as not yet. */
export async function until(check: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 15_000;
  for (;;) {
    if (
      await Promise.resolve()
        .then(check)
        .catch(() => false)
    )
      return;
    if (Date.now() > end) throw new Error(`not within 15 s: ${check.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
