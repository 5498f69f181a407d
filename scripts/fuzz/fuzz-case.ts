import { Random } from '../../contracts/values/random';
import { frame } from '../benchmark/driver/requests/frame';
import { type FuzzTarget } from './fuzz-pipelines';
import { FLAG, FRAME, PREFACE, encodeFrame, encodeHeaders, type Http2Frame } from './http2-frames';
import { Mutator } from './mutator';
import { randomRequest } from './random-tensor';

/** Bytes for a stream that HTTP/2 carries in order. */
export interface StreamCase {
  readonly kind: 'message' | 'tensor' | 'framing';
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Messages that the body holds whole; `undefined` where its framing is what is wrong. */
  readonly messages: number | undefined;
}

/** Bytes for a connection. */
export interface ConnectionCase {
  readonly kind: 'frames';
  readonly bytes: Buffer;
}

export type FuzzCase = StreamCase | ConnectionCase;

const MOST_MESSAGES = 3;

/** Case number `index` of `seed`: always the same one. */
export function makeCase(seed: number, index: number, targets: readonly FuzzTarget[]): FuzzCase {
  // Neighbouring cases must not share their numbers.
  const mutator = new Mutator(new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)));
  const target = mutator.pick(targets);
  const all = targets.flatMap(({ messages }) => messages);
  const share = mutator.random.next();
  if (share < 0.35) {
    const bodies = repeat(mutator, () => mutator.mutate(mutator.pick(target.messages), all));
    return { kind: 'message', ...callOf(mutator, target), body: framed(bodies), messages: bodies.length };
  }
  if (share < 0.7) {
    const bodies = repeat(mutator, () => randomRequest(mutator, target.inputs));
    return { kind: 'tensor', ...callOf(mutator, target), body: framed(bodies), messages: bodies.length };
  }
  if (share < 0.8) {
    const body = mutator.mutate(framed(repeat(mutator, () => mutator.pick(target.messages))), all);
    return { kind: 'framing', ...callOf(mutator, target), body, messages: undefined };
  }
  return { kind: 'frames', bytes: connectionBytes(mutator, target) };
}

function repeat(mutator: Mutator, make: () => Buffer): Buffer[] {
  return Array.from({ length: mutator.int(1, MOST_MESSAGES) }, make);
}

function framed(messages: readonly Buffer[]): Buffer {
  return Buffer.concat(messages.map((message) => frame(message)));
}

/** Where it goes, and now and then metadata that makes no sense. */
function callOf(mutator: Mutator, { path, pipeline }: FuzzTarget): Pick<StreamCase, 'path' | 'metadata'> {
  const metadata: Record<string, string> = { 'x-pipeline': pipeline };
  if (mutator.chance(0.03)) metadata['x-pipeline'] = mutator.bytes(mutator.int(1, 40)).toString('base64url');
  if (mutator.chance(0.1)) metadata['x-error-mode'] = mutator.pick(['status', 'in-band', 'neither']);
  if (mutator.chance(0.03))
    metadata['grpc-timeout'] = mutator.pick(['1n', '99999999H', '1', 'S', '-1S', '5S']);
  if (mutator.chance(0.03))
    metadata['grpc-encoding'] = mutator.pick(['gzip', 'deflate', 'identity', 'snappy']);
  return { path, metadata };
}

/** A connection with a call on it, of which frames or bytes are changed. */
function connectionBytes(mutator: Mutator, { path, pipeline, messages }: FuzzTarget): Buffer {
  const headers = encodeHeaders([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ['x-pipeline', pipeline],
  ]);
  let frames: Http2Frame[] = [
    { type: FRAME.settings, flags: 0, stream: 0, payload: Buffer.alloc(0) },
    { type: FRAME.headers, flags: FLAG.endHeaders, stream: 1, payload: headers },
    { type: FRAME.data, flags: 0, stream: 1, payload: frame(mutator.pick(messages)) },
    { type: FRAME.data, flags: FLAG.endStream, stream: 1, payload: frame(mutator.pick(messages)) },
  ];
  for (let left = mutator.int(0, 3); left > 0; left -= 1) frames = changeFrames(mutator, frames);
  const bytes = Buffer.concat([PREFACE, ...frames.map(encodeFrame)]);
  return mutator.chance(0.5) ? mutator.mutate(bytes, [bytes, headers]) : bytes;
}

function changeFrames(mutator: Mutator, frames: readonly Http2Frame[]): Http2Frame[] {
  const at = mutator.int(0, frames.length - 1);
  const chosen = frames[at];
  const streams = [0, 1, 1, 2, 3, 0x7fffffff];
  switch (mutator.int(0, 6)) {
    case 0:
      return frames.toSpliced(at, 1, { ...chosen, type: mutator.int(0, 12) });
    case 1:
      return frames.toSpliced(at, 1, { ...chosen, flags: mutator.int(0, 255) });
    case 2:
      return frames.toSpliced(at, 1, { ...chosen, stream: mutator.pick(streams) });
    case 3:
      return frames.toSpliced(at, 0, chosen);
    case 4:
      return frames.toSpliced(at, 1);
    case 5:
      return frames.toSpliced(at, 1, {
        ...chosen,
        payload: mutator.mutate(chosen.payload, [chosen.payload]),
      });
    default:
      return frames.toSpliced(mutator.int(0, frames.length), 0, {
        type: mutator.int(0, 12),
        flags: mutator.int(0, 255),
        stream: mutator.pick(streams),
        payload: mutator.bytes(mutator.pick([0, 4, 5, 6, 8, 36, 300])),
      });
  }
}
