import { readFileSync, readdirSync } from 'node:fs';
import { messageOf } from '../../contracts/program/problem';
import { type Logger } from '../../contracts/program/logger';

const CHECK_EVERY_MS = 2_000;
const FULL_SHARE = 0.9;

/**
 * Logs once when the process has nearly used up its file descriptors, and once when they are free again: without one the
 * system closes new connections silently. Does nothing without `/proc`. Returns a function that stops the checks.
 */
export function watchDescriptors(log: Logger): () => void {
  const most = readLimit();
  if (most === undefined) return () => undefined;
  let isFull = false;
  const check = (): void => {
    const open = countOpen(most);
    if (open >= most * FULL_SHARE === isFull) return;
    isFull = !isFull;
    if (isFull)
      log.error({ open, most }, 'out of file descriptors, or nearly: new connections may be closed');
    else log.info({ open, most }, 'file descriptors are available again');
  };
  const timer = setInterval(check, CHECK_EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** Counting needs a descriptor itself: EMFILE means that all are in use. */
function countOpen(most: number): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch (error) {
    return messageOf(error).includes('EMFILE') ? most : 0;
  }
}

function readLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
