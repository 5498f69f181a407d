import { RawGrpcStream } from './raw-grpc-stream';

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

/** Keeps a window of requests in flight on one stream; resolves to answers per second. */
export async function runClosedLoop(options: ClosedLoopOptions): Promise<number> {
  const { address, path, frames, window, requests, warmUp } = options;
  const total = requests + warmUp;
  let sent = 0;
  let received = 0;
  let startedMs = 0;
  let endedMs = 0;
  const done = new Promise<void>((resolve, reject) => {
    const stream = new RawGrpcStream(address, path, (count) => {
      const before = received;
      received += count;
      if (before < warmUp && received >= warmUp) startedMs = performance.now();
      if (received >= total) {
        endedMs = performance.now();
        stream
          .end()
          .then(
            (status) => (status === '0' ? resolve() : reject(new Error(`grpc-status ${status}`))),
            reject,
          );
      } else {
        send(count);
      }
    });
    stream.ended.then(
      (status) =>
        received < total &&
        reject(new Error(`stream ended after ${received} answers, grpc-status ${status}`)),
      reject,
    );
    const send = (count: number): void => {
      const batch: Buffer[] = [];
      for (let index = 0; index < count && sent < total; index += 1, sent += 1)
        batch.push(frames[sent % frames.length]);
      if (batch.length > 0) stream.write(batch.length === 1 ? batch[0] : Buffer.concat(batch));
    };
    send(window);
  });
  await done;
  return requests / ((endedMs - startedMs) / 1000);
}
