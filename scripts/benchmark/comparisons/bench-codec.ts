import { join } from 'node:path';
import protobuf from 'protobufjs';
import { TensorProto, TensorShapeProto } from '../../../runtime/grpc/codec/tensor-proto';
import { toTensor, toTensorProto } from '../../../runtime/grpc/tensors/converters';
import {
  decodeExtendedRequest,
  encodeExtendedRequest,
  encodeExtendedResponse,
} from '../../../runtime/services/extended/message';
import { type Tensor } from '../../../runtime/tensor/tensor';
import { inTurns, say } from './figures';

// npm run bench:codec: the hand-written codec and protobufjs in one run, in turns: microseconds of the quickest round.

const PROTO_FOLDER = join(__dirname, '../../../runtime/grpc/proto');
const ROUNDS = 7;
const ROUND_MS = 100;

function timeRound(run: () => unknown): number {
  let calls = 0;
  let elapsedMs = 0;
  const startedMs = performance.now();
  while (elapsedMs < ROUND_MS) {
    for (let index = 0; index < 20; index++) run();
    calls += 20;
    elapsedMs = performance.now() - startedMs;
  }
  return (elapsedMs * 1000) / calls;
}

async function compare(name: string, hand: () => unknown, other?: () => unknown): Promise<void> {
  const times = await inTurns(ROUNDS, {
    hand: () => timeRound(hand),
    other: () => (other ? timeRound(other) : NaN),
  });
  const [ownUs, otherUs] = [Math.min(...times.hand), Math.min(...times.other)];
  const ratio = `, protobufjs ${otherUs.toFixed(3)} µs, ratio ${(otherUs / ownUs).toFixed(2)}`;
  say(name, `${ownUs.toFixed(3)} µs${other ? ratio : ''}`);
}

function proto(
  dtype: number,
  dims: number[],
  values: Pick<TensorProto, 'tensorContent'> | Pick<TensorProto, 'intVal'>,
): TensorProto {
  return Object.assign(new TensorProto(), { dtype, shape: new TensorShapeProto(dims), ...values });
}

/** The bytes of a request as grpc-js hands them over: behind the five bytes of the message's frame. */
function framed(name: string, tensor: TensorProto): Buffer {
  const message = encodeExtendedRequest({ id: 7, tensors: [[name, tensor]] });
  return Buffer.concat([Buffer.alloc(5), message]).subarray(5);
}

async function main(): Promise<void> {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(PROTO_FOLDER, target);
  root.loadSync('extended_inference.proto');
  const request = root.lookupType('extended_inference.ExtendedInferenceRequest');
  const response = root.lookupType('extended_inference.ExtendedInferenceResponse');

  const window = Int32Array.from({ length: 27 }, (_, index) => index * 13 - 250);
  const inContent = framed('array', proto(3, [9, 3], { tensorContent: new Uint8Array(window.buffer) }));
  const inIntVal = framed('array', proto(5, [9, 3], { intVal: window }));
  const answer: Tensor = { dtype: 'float32', shape: [1], data: Float32Array.of(0.96048) };
  const answerMessage = { id: 7, tensors: [['prediction', toTensorProto(answer)] as const] };
  const prediction = { dtype: 1, tensorShape: { dim: [{ size: 1 }] }, floatVal: [0.96048] };
  const pixels = new Uint8Array(1200 * 900 * 3).fill(7);
  const picture = proto(4, [900, 1200, 3], { tensorContent: pixels });
  const dim = [{ size: 900 }, { size: 1200 }, { size: 3 }];
  const serve = (message: Buffer): Buffer => {
    const { id, tensors } = decodeExtendedRequest(message);
    toTensor(tensors[0][1], tensors[0][0]);
    return encodeExtendedResponse({ id, tensors: [['prediction', toTensorProto(answer)]] });
  };
  await compare(
    'decode a window in tensor_content',
    () => decodeExtendedRequest(inContent),
    () => request.decode(inContent),
  );
  await compare(
    'decode a window in int_val',
    () => decodeExtendedRequest(inIntVal),
    () => request.decode(inIntVal),
  );
  await compare(
    'encode an answer',
    () => encodeExtendedResponse(answerMessage),
    () => response.encode({ id: 7, output: { prediction } }).finish(),
  );
  await compare(
    'encode a picture of 3.24 MB',
    () => encodeExtendedRequest({ id: 7, tensors: [['image', picture]] }),
    () =>
      request
        .encode({ id: 7, input: { image: { dtype: 4, tensorShape: { dim }, tensorContent: pixels } } })
        .finish(),
  );
  await compare('decode, convert, answer (tensor_content)', () => serve(inContent));
  await compare('decode, convert, answer (int_val)', () => serve(inIntVal));
}

void main();
