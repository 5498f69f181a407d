import { countBusyThreads } from '../inferencer/sessions/model-thread';

/**
 * Ends the process. While a model still runs in a thread (the drain timed out), an ordinary exit would wait for it and
 * then abort; the process is killed instead, as an orchestrator would do next.
 */
export function exitNow(code: number): void {
  if (countBusyThreads() > 0) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}
