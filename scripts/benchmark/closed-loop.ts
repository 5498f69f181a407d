import { type ConnectionListener } from './connection/connection';
import { RawConnection } from './connection/raw-connection';

export interface ClosedLoopOptions {
  readonly address: string;
  readonly path: string;
  /** Framed messages, sent in turn. */
  readonly frames: readonly Buffer[];
  /** Messages in flight. */
  readonly window: number;
  /** Messages that are counted. */
  readonly requests: number;
  /** Messages before those. */
  readonly warmUp: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const FINISH_MS = 5_000;

/**
 * Keeps a window of requests in flight on one stream, for a number of requests; resolves to answers per second.
 * @throws Error when the stream ends before them, or a request fails.
 */
export async function runClosedLoop(options: ClosedLoopOptions): Promise<number> {
  const { address, path, frames, window, requests, warmUp } = options;
  const total = requests + warmUp;
  let sent = 0;
  let received = 0;
  let startedMs = 0;
  let endedMs = 0;
  let send: (count: number) => void = () => undefined;
  let connection: RawConnection | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      let delivered = 0;
      const listener: ConnectionListener = {
        sent: () => undefined,
        answered(nowMs, _id, failure) {
          if (failure) reject(new Error(`request ${received} failed: ${failure.code}: ${failure.message}`));
          delivered += 1;
          received += 1;
          if (received === warmUp) startedMs = nowMs;
          if (received === total) endedMs = nowMs;
        },
        delivered() {
          if (received >= total) resolve();
          else send(delivered);
          delivered = 0;
        },
        ended: ({ message }) => reject(new Error(`after ${received} answers: ${message}`)),
      };
      const opened = new RawConnection({ address }, path, {}, frames, listener);
      connection = opened;
      send = (count) => {
        for (let index = 0; index < count && sent < total; index += 1, sent += 1)
          opened.add(sent % frames.length);
        opened.flush();
      };
      opened.open(CONNECT_TIMEOUT_MS).then(() => {
        if (warmUp === 0) startedMs = performance.now();
        send(window);
      }, reject);
    });
  } finally {
    await connection?.finish(FINISH_MS);
  }
  return requests / ((endedMs - startedMs) / 1000);
}
