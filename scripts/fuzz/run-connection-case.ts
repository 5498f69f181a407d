import { connect } from 'node:net';
import { FRAME, wholeFrames } from './http2-frames';

/**
 * Sends the bytes on a new connection and closes its sending side. Resolves to how the server ended it. GOAWAY counts as an
 * end; whether the connection is closed, by keep-alive at the latest, is checked after all cases.
 * @throws Error when that is not how HTTP/2 has it, or not in time
 */
export function runConnectionCase(port: number, bytes: Buffer, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    let reset = false;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.end(bytes));
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const timer = setTimeout(
      () => end(() => reject(new Error(`the connection was not ended within ${limitMs} ms`))),
      limitMs,
    );
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const { frames } = wholeFrames(received);
      if (frames.some(({ type }) => type === FRAME.goAway)) end(() => resolve('GOAWAY'));
    });
    // The server may close while there is something that it has not read: the system resets the connection then.
    socket.on('error', () => (reset = true));
    socket.on('close', () => {
      const { frames, rest } = wholeFrames(received);
      const types = new Set(frames.map(({ type }) => type));
      end(() => {
        // A reset may cut off what was on its way.
        if (reset) resolve('connection reset');
        else if (rest > 0) reject(new Error(`the server's last ${rest} bytes are no whole frame`));
        else if (types.has(FRAME.rstStream)) resolve('RST_STREAM');
        else resolve(types.has(FRAME.headers) ? 'answered' : 'closed');
      });
    });
  });
}
