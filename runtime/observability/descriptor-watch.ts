import { readFileSync, readdirSync } from 'node:fs';
import { messageOf } from '../../contracts/program/problem';
import { type Logger } from '../../contracts/program/logger';

const LOOK_MS = 2_000;
const FULL_SHARE = 0.9;

/**
 * Says in the log when the process comes near the most files and connections that it may have open, and when that is over:
 * beyond it the system closes new connections without a word. Where there is no `/proc` it says nothing. Returns what ends it.
 */
export function watchDescriptors(log: Logger): () => void {
  const most = readLimit();
  if (most === undefined) return () => undefined;
  let isFull = false;
  const look = (): void => {
    const open = countOpen(most);
    if (open >= most * FULL_SHARE === isFull) return;
    isFull = !isFull;
    if (isFull)
      log.error({ open, most }, 'out of file descriptors, or nearly: new connections may be closed');
    else log.info({ open, most }, 'there are file descriptors again');
  };
  const timer = setInterval(look, LOOK_MS).unref();
  return () => clearInterval(timer);
}

/** To look takes a descriptor: without one all are taken. */
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
