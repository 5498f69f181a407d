import { type ChildProcess } from 'node:child_process';

const STOP_MS = 10_000;
const living = new Set<number>();

// The last resort, for an exit that runs no other clean-up.
process.on('exit', () => {
  for (const pid of living) kill(pid, 'SIGKILL');
});

/** Ends this process at a signal as `exit` does, so that its children end, too. */
export function exitOn(...signals: readonly NodeJS.Signals[]): void {
  for (const signal of signals) process.once(signal, () => process.exit(1));
}

/** Sees to it that this process, which the caller started, does not outlive the caller. */
export function guard(pid: number): void {
  living.add(pid);
}

/** Leaves out a process that has ended: its id may become another one's. */
export function unguard(pid: number): void {
  living.delete(pid);
}

/** Ends a process that is guarded: SIGTERM, and after ten seconds SIGKILL. Resolves when it has ended. */
export async function endGuarded(pid: number, stop: () => Promise<unknown>): Promise<void> {
  const timer = setTimeout(() => kill(pid, 'SIGKILL'), STOP_MS);
  await stop();
  clearTimeout(timer);
  living.delete(pid);
}

/** SIGTERM to a child, and its end. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}
