import { logVerbosity, setLogVerbosity, setLogger } from '@grpc/grpc-js';
import { type Logger } from '../../contracts/program/logger';

/** Has grpc-js write to the server's log; by itself it writes lines of its own to standard error. */
export function logLibraryTo(log: Logger): void {
  const child = log.child({ library: 'grpc-js' });
  const write =
    (level: 'debug' | 'info' | 'warn') =>
    (...texts: unknown[]): void =>
      child[level](texts.map(String).join(' '));
  // What matters of its errors (an address that cannot be bound) is thrown as well, and told by whoever catches it.
  setLogger({ error: write('warn'), info: write('info'), debug: write('debug') });
  setLogVerbosity(logVerbosity.ERROR);
}
