import { existsSync } from 'node:fs';
import { CommanderError, type Command } from 'commander';
import { ConfigurationError, formatProblem, messageOf } from './problem';
import { UsageError } from './usage-error';

/** Exit codes of the programs. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

/** @throws UsageError naming each path that is not there. */
export function requirePaths(paths: readonly string[]): void {
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length > 0) throw new UsageError(`no such file or directory: ${missing.join(', ')}`);
}

/**
 * Runs a program to its exit code: 0, 1 when it failed at its work, 2 when it was called wrongly.
 * An error is one message on standard error, with one line for each problem.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .configureOutput({ outputError: () => undefined });
  }
  const watch = watchNpm();
  try {
    await program.parseAsync(argv);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      complain(program, error.message.replace(/^error: /, ''));
      return EXIT.usage;
    }
    if (error instanceof UsageError) {
      complain(program, error.message);
      return EXIT.usage;
    }
    complain(program, describe(error));
    return EXIT.failure;
  } finally {
    clearInterval(watch);
  }
}

const LOOK_MS = 200;

/**
 * `npx` and `npm run` pass SIGTERM to the shell between them and the program only, and the program stays behind. Started by
 * one of them, the program takes the end of its parent for the signal.
 */
function watchNpm(): NodeJS.Timeout | undefined {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_MS);
  return watch.unref();
}

function complain(program: Command, message: string): void {
  process.stderr.write(`${program.name()}: ${message}\n`);
}

function describe(error: unknown): string {
  if (!(error instanceof ConfigurationError)) return messageOf(error);
  return error.problems.map((problem) => formatProblem(error.source, problem)).join('\n  ');
}
