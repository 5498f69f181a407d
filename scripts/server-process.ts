import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface StartOptions {
  /** How long it may take until it is ready. @default 10000 */
  readonly readyWithinMs?: number;
  /** Told its id before it is ready. */
  readonly onSpawn?: (pid: number) => void;
}

/** A server program of the project in a child process. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    /** What its `ready` line says. */
    readonly ready: { readonly grpc: string; readonly http: string },
    /** From the start of the process to the `ready` line. */
    readonly startMs: number,
    /** The lines of its log until now. */
    readonly log: readonly string[],
  ) {}

  /**
   * Starts `command` and waits for its ready line.
   * @param cpu the core that it is pinned to, where `taskset` is at hand
   * @throws Error with what it printed, when it ends or is not ready in time.
   */
  static start(
    command: readonly string[],
    cpu?: number,
    { readyWithinMs = 10_000, onSpawn }: StartOptions = {},
  ): Promise<ServerProcess> {
    const [program, ...args] = cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command];
    const startedMs = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    if (child.pid !== undefined) onSpawn?.(child.pid);
    return new Promise((resolve, reject) => {
      const printed: string[] = [];
      const timer = setTimeout(() => fail(`was not ready within ${readyWithinMs / 1000} s`), readyWithinMs);
      const fail = (reason: string): void => {
        clearTimeout(timer);
        child.kill('SIGKILL');
        reject(new Error(`${command.join(' ')} ${reason}:\n${printed.join('\n')}`));
      };
      child.once('error', (error) => fail(error.message));
      child.once('exit', (code) => fail(`ended with ${code}`));
      createInterface({ input: child.stderr }).on('line', (line) => {
        printed.push(line);
        if (!line.includes('"msg":"ready"')) return;
        clearTimeout(timer);
        child.removeAllListeners('exit');
        const ready = JSON.parse(line) as { grpc: string; http: string };
        resolve(new ServerProcess(child, ready, performance.now() - startedMs, printed));
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Resident memory in megabytes (10^6 bytes), now or at its peak. */
  residentMb(which: 'now' | 'peak'): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const kilobytes = new RegExp(`^${which === 'now' ? 'VmRSS' : 'VmHWM'}:\\s+(\\d+)`, 'm').exec(status)?.[1];
    return (Number(kilobytes) * 1024) / 1e6;
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  threads(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]);
  }

  /** CPU that the process has used until now, in milliseconds (Linux counts hundredths of a second). */
  cpuMs(): number {
    // Behind the name in parentheses, which may hold anything: user time is the 12th field, system time the 13th.
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** SIGTERM; resolves to the exit code, also of a server that has ended before. */
  async stop(): Promise<number | null> {
    if (!this.alive) return this.child.exitCode;
    const exited = new Promise<number | null>((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    return exited;
  }
}
