import { type BasicResponse } from '../../../../runtime/services/basic/message';
import { type ExtendedResponse } from '../../../../runtime/services/extended/message';
import { type TensorProto } from '../../../../runtime/grpc/codec/tensor-proto';

/*
 * One form for messages of every decoder: plain objects with every field present, so that an absent field and a default
 * one, which mean the same in proto3, are equal.
 */

export interface PlainTensor {
  dtype: number;
  shape: { dims: { size: number; name: string }[]; unknownRank: boolean } | null;
  versionNumber: number;
  tensorContent: string;
  floatVal: number[];
  doubleVal: number[];
  intVal: number[];
  stringVal: string[];
  scomplexVal: number[];
  int64Val: string[];
  boolVal: boolean[];
  dcomplexVal: number[];
  halfVal: number[];
  uint32Val: number[];
  uint64Val: string[];
}

export interface PlainError {
  code: string;
  message: string;
  step: string;
}

export interface PlainExtended {
  id: number;
  tensors: Record<string, PlainTensor>;
  error: PlainError | null;
}

export interface PlainBasic {
  id: number;
  tensor: { array: number[]; shape: number[] } | null;
  error: PlainError | null;
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

export function plainTensor(proto: TensorProto): PlainTensor {
  const { shape } = proto;
  return {
    dtype: proto.dtype,
    shape: shape
      ? {
          dims: shape.sizes.map((size, axis) => ({ size, name: shape.names?.[axis] ?? '' })),
          unknownRank: shape.unknownRank,
        }
      : null,
    versionNumber: proto.versionNumber,
    tensorContent: hex(proto.tensorContent),
    floatVal: [...(proto.floatVal ?? [])],
    doubleVal: [...(proto.doubleVal ?? [])],
    intVal: [...(proto.intVal ?? [])],
    stringVal: (proto.stringVal ?? []).map(hex),
    scomplexVal: [...(proto.scomplexVal ?? [])],
    int64Val: Array.from(proto.int64Val ?? [], String),
    boolVal: Array.from(proto.boolVal ?? [], (value) => value !== 0),
    dcomplexVal: [...(proto.dcomplexVal ?? [])],
    halfVal: [...(proto.halfVal ?? [])],
    uint32Val: [...(proto.uint32Val ?? [])],
    uint64Val: Array.from(proto.uint64Val ?? [], String),
  };
}

export function plainExtended({ id, tensors, error }: ExtendedResponse): PlainExtended {
  return {
    id,
    tensors: Object.fromEntries(tensors.map(([name, proto]) => [name, plainTensor(proto)])),
    error: error ?? null,
  };
}

export function plainBasic({ id, tensor, error }: BasicResponse): PlainBasic {
  return {
    id,
    tensor: tensor ? { array: [...tensor.array], shape: [...tensor.shape] } : null,
    error: error ?? null,
  };
}
