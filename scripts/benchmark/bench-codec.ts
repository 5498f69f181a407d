import { join } from 'node:path';
import protobuf from 'protobufjs';
import {
  decodeExtendedRequest,
  encodeExtendedRequest,
  encodeExtendedResponse,
  type ExtendedRequest,
} from '../../runtime/services/extended/message';
import { TensorProto, TensorShapeProto } from '../../runtime/grpc/codec/tensor-proto';
import { toTensor, toTensorProto } from '../../runtime/grpc/tensors/converters';
import { type Tensor } from '../../runtime/tensor/tensor';

/**
 * Compares the hand-written codec with protobufjs in one run, so that both meet the same machine. Prints microseconds of the
 * quickest of a few rounds, and their ratio. Takes about ten seconds.
 */
const PROTO_FOLDER = join(__dirname, '../../runtime/grpc/proto');
const ROUNDS = 7;
const ROUND_MS = 100;

function loadProtobufjs(): { request: protobuf.Type; response: protobuf.Type } {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(PROTO_FOLDER, target);
  root.loadSync('extended_inference.proto');
  return {
    request: root.lookupType('extended_inference.ExtendedInferenceRequest'),
    response: root.lookupType('extended_inference.ExtendedInferenceResponse'),
  };
}

interface Contestants {
  readonly hand: () => unknown;
  readonly protobufjs?: () => unknown;
}

/** Microseconds of one call. */
function timeRound(run: () => unknown): number {
  let calls = 0;
  let elapsed = 0;
  const started = performance.now();
  while (elapsed < ROUND_MS) {
    for (let index = 0; index < 20; index++) run();
    calls += 20;
    elapsed = performance.now() - started;
  }
  return (elapsed * 1000) / calls;
}

/** Runs the contestants in turn, so that a busy moment hits both, and prints each one's quickest round. */
function compare(what: string, { hand, protobufjs }: Contestants): void {
  let own = Infinity;
  let other = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    own = Math.min(own, timeRound(hand));
    if (protobufjs) other = Math.min(other, timeRound(protobufjs));
  }
  const line = `${what.padEnd(42)} ${own.toFixed(3).padStart(9)} µs`;
  const comparison = `   protobufjs ${other.toFixed(3).padStart(9)} µs   ratio ${(other / own).toFixed(2)}`;
  process.stdout.write(`${line}${protobufjs ? comparison : ''}\n`);
}

function fallDetectionRequest(): ExtendedRequest {
  const content = new TensorProto();
  content.dtype = 3;
  content.shape = new TensorShapeProto([9, 3]);
  content.tensorContent = new Uint8Array(
    Int32Array.from({ length: 27 }, (_, index) => index * 13 - 250).buffer,
  );
  return { id: 7, tensors: [['array', content]] };
}

function fallDetectionInt16Request(): ExtendedRequest {
  const values = new TensorProto();
  values.dtype = 5;
  values.shape = new TensorShapeProto([9, 3]);
  values.intVal = Int32Array.from({ length: 27 }, (_, index) => index * 13 - 250);
  return { id: 7, tensors: [['array', values]] };
}

/** Bytes as grpc-js hands them over: behind the five bytes of the message's frame. */
function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(5), message]).subarray(5);
}

/** A picture of 1200 × 900 × 3 bytes, as request and as protobufjs has it. */
function picture(): { own: ExtendedRequest; object: object } {
  const pixels = new Uint8Array(1200 * 900 * 3).fill(7);
  const content = new TensorProto();
  content.dtype = 4;
  content.shape = new TensorShapeProto([900, 1200, 3]);
  content.tensorContent = pixels;
  const dim = [{ size: 900 }, { size: 1200 }, { size: 3 }];
  return {
    own: { id: 7, tensors: [['image', content]] },
    object: { id: 7, input: { image: { dtype: 4, tensorShape: { dim }, tensorContent: pixels } } },
  };
}

function main(): void {
  const { request, response } = loadProtobufjs();
  const inContent = framed(encodeExtendedRequest(fallDetectionRequest()));
  const inIntVal = framed(encodeExtendedRequest(fallDetectionInt16Request()));
  const answer: Tensor = { dtype: 'float32', shape: [1], data: Float32Array.of(0.96048) };
  const answerObject = {
    id: 7,
    output: { prediction: { dtype: 1, tensorShape: { dim: [{ size: 1 }] }, floatVal: [0.96048] } },
  };
  const answerMessage = { id: 7, tensors: [['prediction', toTensorProto(answer)] as const] };
  const { own, object } = picture();
  const serve = (message: Buffer): Buffer => {
    const { id, tensors } = decodeExtendedRequest(message);
    toTensor(tensors[0][1], tensors[0][0]);
    return encodeExtendedResponse({ id, tensors: [['prediction', toTensorProto(answer)]] });
  };
  compare('decode a window in tensor_content', {
    hand: () => decodeExtendedRequest(inContent),
    protobufjs: () => request.decode(inContent),
  });
  compare('decode a window in int_val', {
    hand: () => decodeExtendedRequest(inIntVal),
    protobufjs: () => request.decode(inIntVal),
  });
  compare('encode an answer', {
    hand: () => encodeExtendedResponse(answerMessage),
    protobufjs: () => response.encode(answerObject).finish(),
  });
  compare('encode a picture of 3.24 MB', {
    hand: () => encodeExtendedRequest(own),
    protobufjs: () => request.encode(object).finish(),
  });
  compare('decode, convert, answer (tensor_content)', { hand: () => serve(inContent) });
  compare('decode, convert, answer (int_val)', { hand: () => serve(inIntVal) });
}

main();
