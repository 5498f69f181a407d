import { logVerbosity, setLogVerbosity, setLogger } from '@grpc/grpc-js';
import { type Logger } from '../../contracts/program/logger';

/** Makes grpc-js write to the server's log; its default is plain lines on standard error. */
export function logLibraryTo(log: Logger): void {
  const child = log.child({ library: 'grpc-js' });
  const write =
    (level: 'debug' | 'info' | 'warn') =>
    (...texts: unknown[]): void =>
      child[level](texts.map(String).join(' '));
  // Errors that matter (an address that cannot be bound) are thrown as well, and reported where they are caught.
  setLogger({ error: write('warn'), info: write('info'), debug: write('debug') });
  setLogVerbosity(logVerbosity.ERROR);
}
