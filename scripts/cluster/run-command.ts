import { execFile } from 'node:child_process';

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** @default 300000 */
  readonly timeoutMs?: number;
}

/**
 * Runs a program to its end; what it writes to standard output.
 * @throws Error with what it said when it fails.
 */
export function runCommand(
  program: string,
  args: readonly string[],
  { env, input, timeoutMs = 300_000 }: CommandOptions = {},
): Promise<string> {
  const options = { env: { ...process.env, ...env }, timeout: timeoutMs, maxBuffer: 256 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} ${args.join(' ')}: ${stderr.trim() || error.message}`));
    });
    child.stdin?.end(input);
  });
}
