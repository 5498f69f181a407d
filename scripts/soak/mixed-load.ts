import { EXTENDED_SERVICE } from '../../runtime/services/extended/definition';
import { encodeExtendedRequest } from '../../runtime/services/extended/message';
import { toTensorProto } from '../../runtime/grpc/tensors/converters';
import { tensor } from '../../runtime/tensor/tensor';
import { fallDetectionFrames } from '../benchmark/comparisons/fall-detection-frames';
import { frame } from '../benchmark/driver/requests/frame';
import { RawGrpcStream } from './raw-grpc-stream';

const WINDOW = 128;
/** Requests of the long stream between two others: one that is short, and one that is cut off. */
const BETWEEN = 5_000;
const SHORT = 50;
/** One in this many messages has another shape and is refused. */
const REFUSED_EVERY = 100;

export interface MixedLoad {
  readonly address: string;
  /** Answers on the long stream. */
  readonly requests: number;
  /** Called every thousand answers, or so. */
  readonly onProgress: (answers: number) => void;
}

/**
 * What a server meets in its life, beside a long stream of good and bad requests: connections that come and go, and clients
 * that are gone before their answers. Resolves to the streams that were opened.
 */
export async function runMixedLoad({ address, requests, onProgress }: MixedLoad): Promise<number> {
  const { path } = EXTENDED_SERVICE.predict;
  const frames = [...fallDetectionFrames(REFUSED_EVERY - 1), refusedFrame()];
  let sent = 0;
  let received = 0;
  let told = 0;
  let streams = 1;
  const others = new Set<Promise<unknown>>();
  const aside = (work: Promise<unknown>): void => {
    streams += 1;
    others.add(work);
    void work.finally(() => others.delete(work));
  };
  await new Promise<void>((resolve, reject) => {
    const long = new RawGrpcStream(address, path, (count) => {
      const before = received;
      received += count;
      if (received - told >= 1_000) onProgress((told = received));
      if (Math.floor(before / BETWEEN) !== Math.floor(received / BETWEEN)) {
        const work = [shortStream(address, path, frames), cutStream(address, path, frames)];
        for (const stream of work) {
          stream.catch(reject);
          aside(stream);
        }
      }
      if (received === requests) long.end().then(() => resolve(), reject);
      else send(count);
    });
    long.ended.then(
      (status) => received < requests && reject(new Error(`the long stream ended with ${status}`)),
      reject,
    );
    const send = (count: number): void => {
      const batch: Buffer[] = [];
      for (let index = 0; index < count && sent < requests; index += 1, sent += 1)
        batch.push(frames[sent % frames.length]);
      if (batch.length > 0) long.write(Buffer.concat(batch));
    };
    send(WINDOW);
  });
  await Promise.all(others);
  return streams;
}

async function shortStream(address: string, path: string, frames: readonly Buffer[]): Promise<void> {
  let received = 0;
  const stream = new RawGrpcStream(address, path, (count) => (received += count));
  stream.write(Buffer.concat(frames.slice(0, SHORT)));
  const status = await stream.end();
  if (status !== '0' || received !== SHORT)
    throw new Error(`a short stream of ${SHORT} had ${received} answers and status ${status}`);
}

/** A client that is gone as soon as it has sent. */
async function cutStream(address: string, path: string, frames: readonly Buffer[]): Promise<void> {
  const stream = new RawGrpcStream(address, path, () => undefined);
  stream.write(Buffer.concat(frames.slice(0, SHORT)));
  await stream.cut();
}

function refusedFrame(): Buffer {
  const proto = toTensorProto(tensor('int32', [2, 2], Int32Array.of(1, 2, 3, 4)));
  return frame(encodeExtendedRequest({ id: 1, tensors: [['array', proto]] }));
}
