import { type BasicRequest } from './basic/message';
import { type ExtendedRequest } from './extended/message';
import { type TensorProto } from '../grpc/codec/tensor-proto';

/** What a message takes beside its tensors' values. */
const ENVELOPE_BYTES = 64;

/** About how many bytes a message of the Extended service holds, without encoding it. */
export function extendedSize({ tensors }: Pick<ExtendedRequest, 'tensors'>): number {
  let size = ENVELOPE_BYTES;
  for (const [, proto] of tensors) size += tensorSize(proto);
  return size;
}

/** About how many bytes a message of the Basic service holds. */
export function basicSize({ tensor }: Pick<BasicRequest, 'tensor'>): number {
  return ENVELOPE_BYTES + (tensor?.array.byteLength ?? 0);
}

function tensorSize(proto: TensorProto): number {
  if (proto.tensorContent !== undefined) return proto.tensorContent.length;
  const several = proto.stringVal ?? proto.contentParts;
  if (several !== undefined) {
    let size = 0;
    for (const bytes of several) size += bytes.length;
    return size;
  }
  return (
    (proto.floatVal?.byteLength ?? 0) +
    (proto.intVal?.byteLength ?? 0) +
    (proto.int64Val?.byteLength ?? 0) +
    (proto.doubleVal?.byteLength ?? 0) +
    (proto.halfVal?.byteLength ?? 0) +
    (proto.boolVal?.byteLength ?? 0) +
    (proto.uint32Val?.byteLength ?? 0) +
    (proto.uint64Val?.byteLength ?? 0) +
    (proto.scomplexVal?.byteLength ?? 0)
  );
}
