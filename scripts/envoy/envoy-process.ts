import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Bootstrap } from '../../constructs/envoy/bootstrap';
import { endGuarded, guard, stopChild } from '../child-process-guard';

const ANSWER_MS = 5_000;

export interface EnvoyProcessOptions {
  /** Cores that it may use. @default - all */
  readonly cores?: readonly number[];
}

/** A running Envoy. */
export class EnvoyProcess {
  /** Resolves when it is ready. Rejects, with what it printed, when it is not in time. */
  static async start(
    program: string,
    bootstrap: Bootstrap,
    observationPort: number,
    { cores = [] }: EnvoyProcessOptions = {},
  ): Promise<EnvoyProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'envoy-'));
    const path = join(folder, 'envoy.yaml');
    writeFileSync(path, stringify(bootstrap));
    // One thread: each thread balances its streams on its own.
    const flags = ['--disable-hot-restart', '--concurrency', '1', '-l', 'warning'];
    const drain = ['--drain-time-s', '2', '--drain-strategy', 'immediate'];
    const command = [program, '-c', path, ...flags, ...drain];
    const [first, ...rest] = cores.length > 0 ? ['taskset', '-c', cores.join(','), ...command] : command;
    const child = spawn(first, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    if (child.pid !== undefined) guard(child.pid);
    const envoy = new EnvoyProcess(child, folder, observationPort);
    const isReady = async (): Promise<boolean> =>
      envoy.hasEnded || (await envoy.get('/ready')).status === 200;
    const late = await until(isReady).catch((error: Error) => error.message);
    const why = envoy.hasEnded ? 'has ended' : late;
    if (why === undefined) return envoy;
    await envoy.stop();
    throw new Error(`Envoy ${why}:\n${envoy.printed}`);
  }

  private printed = '';
  private failed = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly observationPort: number,
  ) {
    child.stderr?.on('data', (text) => (this.printed = (this.printed + String(text)).slice(-2000)));
    child.on('error', ({ message }) => {
      this.failed = true;
      this.printed += message;
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get metricsUrl(): string {
    return `http://127.0.0.1:${this.observationPort}/stats/prometheus?usedonly`;
  }

  get(path: string): Promise<Response> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    return fetch(`http://127.0.0.1:${this.observationPort}${path}`, { signal });
  }

  /** Value of the one series with these words in its line. */
  async stat(...words: string[]): Promise<number> {
    const text = await (await this.get('/stats/prometheus')).text();
    const line = text.split('\n').find((candidate) => words.every((word) => candidate.includes(word)));
    return line === undefined ? NaN : Number(line.split(' ').at(-1));
  }

  async stop(): Promise<void> {
    if (this.child.pid !== undefined) await endGuarded(this.child.pid, () => stopChild(this.child));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get hasEnded(): boolean {
    return this.failed || this.child.exitCode !== null || this.child.signalCode !== null;
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
