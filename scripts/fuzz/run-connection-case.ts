import { connect } from 'node:net';
import { decodeFrames, FRAME } from './http2-frames';

/**
 * Sends the bytes on a connection of their own and closes its sending side. Resolves to how the server ended it.
 * @throws Error when that is not how HTTP/2 has it, or not in time
 */
export function runConnectionCase(port: number, bytes: Buffer, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let reset = false;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.end(bytes));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection was not closed within ${limitMs} ms`));
    }, limitMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    // The server may close while there is something that it has not read: the system resets the connection then.
    socket.on('error', () => (reset = true));
    socket.on('close', () => {
      clearTimeout(timer);
      try {
        resolve(judge(Buffer.concat(chunks), reset));
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

function judge(received: Buffer, reset: boolean): string {
  // A reset may cut off what was on its way.
  if (reset) return 'connection reset';
  const types = new Set(decodeFrames(received).map(({ type }) => type));
  if (types.has(FRAME.goAway)) return 'GOAWAY';
  if (types.has(FRAME.rstStream)) return 'RST_STREAM';
  return types.has(FRAME.headers) ? 'answered' : 'closed';
}
