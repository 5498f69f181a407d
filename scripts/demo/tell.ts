import { type ServerProcess } from '../server-process';

/** A line for the person who watches. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Goes on serving until a signal. */
export async function serveOn(server: ServerProcess): Promise<void> {
  say(`serving on ${server.ready.grpc}; end it with Ctrl-C`);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
