import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { type PlainBasic, type PlainError, type PlainExtended, type PlainTensor } from './plain-message';

const PROTO_FOLDER = join(__dirname, '../../../../runtime/grpc/proto');
const FILES = [
  'tensorflow/types.proto',
  'tensorflow/tensor_shape.proto',
  'tensorflow/tensor.proto',
  'extended_inference.proto',
  'basic_inference.proto',
];

/** The project's protos as protobufjs reads them; with `packed: false` as a client of old writes repeated numbers. */
export function loadMessages({ packed }: { packed: boolean }): Record<MessageName, protobuf.Type> {
  const root = new protobuf.Root();
  for (const file of FILES) {
    const text = readFileSync(join(PROTO_FOLDER, file), 'utf8');
    const source = packed
      ? text
      : text.replace(/(repeated (?!Dim|bytes)\w+ \w+ = \d+);/g, '$1 [packed = false];');
    protobuf.parse(source, root);
  }
  root.resolveAll();
  return {
    extendedRequest: root.lookupType('extended_inference.ExtendedInferenceRequest'),
    extendedResponse: root.lookupType('extended_inference.ExtendedInferenceResponse'),
    basicRequest: root.lookupType('basic_inference.BasicInferenceRequest'),
    basicResponse: root.lookupType('basic_inference.BasicInferenceResponse'),
  };
}

export type MessageName = 'extendedRequest' | 'extendedResponse' | 'basicRequest' | 'basicResponse';

interface Long {
  toString(): string;
}

/** A TensorProto as protobufjs decodes it; fields that are absent have their default by prototype. */
interface DecodedTensor {
  dtype: number;
  tensorShape: { dim: { size: Long; name: string }[]; unknownRank: boolean } | null;
  versionNumber: number;
  tensorContent: Uint8Array;
  floatVal: number[];
  doubleVal: number[];
  intVal: number[];
  stringVal: Uint8Array[];
  scomplexVal: number[];
  int64Val: Long[];
  boolVal: boolean[];
  dcomplexVal: number[];
  halfVal: number[];
  uint32Val: number[];
  uint64Val: Long[];
}

interface DecodedExtended {
  id: number;
  input?: Record<string, DecodedTensor>;
  output?: Record<string, DecodedTensor>;
  error?: PlainError | null;
}

interface DecodedBasic {
  id: number;
  tensor: { array: number[]; shape: number[] } | null;
  error?: PlainError | null;
}

export function protobufjsExtended(type: protobuf.Type, bytes: Uint8Array): PlainExtended {
  const { id, input, output, error } = type.decode(bytes) as unknown as DecodedExtended;
  const tensors = Object.entries(input ?? output ?? {}).map(([name, tensor]) => [name, plainDecoded(tensor)]);
  return {
    id,
    tensors: Object.fromEntries(tensors) as Record<string, PlainTensor>,
    error: plainError(error),
  };
}

export function protobufjsBasic(type: protobuf.Type, bytes: Uint8Array): PlainBasic {
  const { id, tensor, error } = type.decode(bytes) as unknown as DecodedBasic;
  return {
    id,
    tensor: tensor ? { array: [...tensor.array], shape: [...tensor.shape] } : null,
    error: plainError(error),
  };
}

function plainError(error: PlainError | null | undefined): PlainError | null {
  return error ? { code: error.code, message: error.message, step: error.step } : null;
}

function plainDecoded(tensor: DecodedTensor): PlainTensor {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const shape = tensor.tensorShape;
  return {
    dtype: tensor.dtype,
    shape: shape
      ? {
          dims: shape.dim.map(({ size, name }) => ({ size: Number(size.toString()), name })),
          unknownRank: shape.unknownRank,
        }
      : null,
    versionNumber: tensor.versionNumber,
    tensorContent: hex(tensor.tensorContent),
    floatVal: [...tensor.floatVal],
    doubleVal: [...tensor.doubleVal],
    intVal: [...tensor.intVal],
    stringVal: tensor.stringVal.map(hex),
    scomplexVal: [...tensor.scomplexVal],
    int64Val: tensor.int64Val.map(String),
    boolVal: [...tensor.boolVal],
    dcomplexVal: [...tensor.dcomplexVal],
    halfVal: [...tensor.halfVal],
    uint32Val: [...tensor.uint32Val],
    uint64Val: tensor.uint64Val.map(String),
  };
}
