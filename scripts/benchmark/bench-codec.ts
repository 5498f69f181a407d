import { join } from 'node:path';
import protobuf from 'protobufjs';
import {
  decodeExtendedRequest,
  encodeExtendedRequest,
  encodeExtendedResponse,
  type ExtendedRequest,
} from '../../runtime/grpc/codec/extended-message';
import { TensorProto, TensorShapeProto } from '../../runtime/grpc/codec/tensor-proto';
import { toTensor, toTensorProto } from '../../runtime/grpc/converters';
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

/** Runs the contestants in turn, so that a busy moment hits all of them; microseconds of each one's quickest round. */
function measure(contestants: Record<string, () => unknown>): Record<string, number> {
  const best: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      let calls = 0;
      const started = performance.now();
      let elapsed = 0;
      while (elapsed < ROUND_MS) {
        for (let index = 0; index < 200; index++) run();
        calls += 200;
        elapsed = performance.now() - started;
      }
      best[name] = Math.min(best[name] ?? Infinity, (elapsed * 1000) / calls);
    }
  }
  return best;
}

function print(what: string, { hand, protobufjs }: Record<string, number>): void {
  const ratio =
    protobufjs === undefined
      ? ''
      : `   protobufjs ${protobufjs.toFixed(3)} µs   ratio ${(protobufjs / hand).toFixed(2)}`;
  process.stdout.write(`${what.padEnd(44)} hand ${hand.toFixed(3)} µs${ratio}\n`);
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

const { request, response } = loadProtobufjs();
const inContent = framed(encodeExtendedRequest(fallDetectionRequest()));
const inIntVal = framed(encodeExtendedRequest(fallDetectionInt16Request()));
const answer: Tensor = { dtype: 'float32', shape: [1], data: Float32Array.of(0.96048) };
const answerObject = {
  id: 7,
  output: { prediction: { dtype: 1, tensorShape: { dim: [{ size: 1 }] }, floatVal: [0.96048] } },
};
const answerMessage = { id: 7, tensors: [['prediction', toTensorProto(answer)] as const] };

function serve(message: Buffer): Buffer {
  const { id, tensors } = decodeExtendedRequest(message);
  toTensor(tensors[0][1], tensors[0][0]);
  return encodeExtendedResponse({ id, tensors: [['prediction', toTensorProto(answer)]] });
}

print(
  'decode, tensor_content',
  measure({ hand: () => decodeExtendedRequest(inContent), protobufjs: () => request.decode(inContent) }),
);
print(
  'decode, int_val',
  measure({ hand: () => decodeExtendedRequest(inIntVal), protobufjs: () => request.decode(inIntVal) }),
);
print(
  'encode the answer',
  measure({
    hand: () => encodeExtendedResponse(answerMessage),
    protobufjs: () => response.encode(answerObject).finish(),
  }),
);
print('decode, convert, answer; tensor_content', measure({ hand: () => serve(inContent) }));
print('decode, convert, answer; int_val', measure({ hand: () => serve(inIntVal) }));
