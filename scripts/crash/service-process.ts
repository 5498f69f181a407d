import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A service in a child process that can be killed at any moment. */
export class ServiceProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** @throws Error with what it printed when it ends before it is ready. */
  static start(command: readonly string[]): Promise<ServiceProcess> {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    return new Promise((resolve, reject) => {
      const printed: string[] = [];
      child.once('exit', () => reject(new Error(printed.join('\n'))));
      createInterface({ input: child.stderr }).on('line', (line) => {
        printed.push(line);
        if (!line.includes('"msg":"ready"')) return;
        child.removeAllListeners('exit');
        const { http } = JSON.parse(line) as { http: string };
        resolve(new ServiceProcess(child, `http://${http}`));
      });
    });
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}
