import { halvesOf, int32sSize, int64sSize, uint32sSize } from './packed-sizes';
import * as field from './tensor-proto';
import { type TensorProto, type TensorShapeProto } from './tensor-proto';
import { LENGTH_DELIMITED, VARINT } from './wire-reader';
import { int32Size, prefixedSize, textSize, uint64Size, upperBits, type WireWriter } from './wire-writer';

/** Bytes of the tensor without its own prefix. Sizes of nested parts are left with the writer for {@link writeTensorProto}. */
export function measureTensorProto(writer: WireWriter, proto: TensorProto): number {
  const place = writer.reserveSize();
  let size = 0;
  if (proto.dtype !== 0) size += 1 + int32Size(proto.dtype);
  if (proto.shape !== undefined) size += 1 + prefixedSize(measureShape(writer, proto.shape));
  if (proto.versionNumber !== 0) size += 1 + int32Size(proto.versionNumber);
  if (proto.tensorContent !== undefined) size += bytesSize(proto.tensorContent);
  if (proto.contentParts !== undefined) size += 1 + prefixedSize(totalBytes(proto.contentParts));
  if (proto.floatVal !== undefined) size += fixedSize(proto.floatVal);
  if (proto.doubleVal !== undefined) size += fixedSize(proto.doubleVal);
  if (proto.intVal !== undefined) size += varintsSize(writer, proto.intVal, 1, int32sSize);
  if (proto.stringVal !== undefined) {
    for (const value of proto.stringVal) size += 1 + prefixedSize(value.length);
  }
  if (proto.scomplexVal !== undefined) size += fixedSize(proto.scomplexVal);
  if (proto.int64Val !== undefined) size += varintsSize(writer, proto.int64Val, 1, int64sSize);
  if (proto.boolVal !== undefined) size += bytesSize(proto.boolVal);
  if (proto.dcomplexVal !== undefined) size += fixedSize(proto.dcomplexVal);
  if (proto.halfVal !== undefined) size += varintsSize(writer, proto.halfVal, 1, int32sSize);
  if (proto.uint32Val !== undefined) size += varintsSize(writer, proto.uint32Val, 2, uint32sSize);
  if (proto.uint64Val !== undefined) size += varintsSize(writer, proto.uint64Val, 2, int64sSize);
  return writer.setSize(place, size);
}

/** Writes what was measured, its prefix first. */
export function writeTensorProto(writer: WireWriter, proto: TensorProto): void {
  writer.uint32(writer.nextSize());
  if (proto.dtype !== 0) {
    writer.uint32((field.DTYPE << 3) | VARINT);
    writer.int32(proto.dtype);
  }
  if (proto.shape !== undefined) {
    writer.uint32((field.TENSOR_SHAPE << 3) | LENGTH_DELIMITED);
    writeShape(writer, proto.shape);
  }
  if (proto.versionNumber !== 0) {
    writer.uint32((field.VERSION_NUMBER << 3) | VARINT);
    writer.int32(proto.versionNumber);
  }
  if (proto.tensorContent !== undefined) writeBytes(writer, field.TENSOR_CONTENT, proto.tensorContent);
  if (proto.contentParts !== undefined) writeParts(writer, field.TENSOR_CONTENT, proto.contentParts);
  if (proto.floatVal !== undefined) writeFixed(writer, field.FLOAT_VAL, proto.floatVal);
  if (proto.doubleVal !== undefined) writeFixed(writer, field.DOUBLE_VAL, proto.doubleVal);
  if (proto.intVal !== undefined) writeInt32s(writer, field.INT_VAL, proto.intVal);
  if (proto.stringVal !== undefined) {
    for (const value of proto.stringVal) {
      writer.uint32((field.STRING_VAL << 3) | LENGTH_DELIMITED);
      writer.uint32(value.length);
      writer.copy(value);
    }
  }
  if (proto.scomplexVal !== undefined) writeFixed(writer, field.SCOMPLEX_VAL, proto.scomplexVal);
  if (proto.int64Val !== undefined) writeInt64s(writer, field.INT64_VAL, proto.int64Val);
  if (proto.boolVal !== undefined) writeBytes(writer, field.BOOL_VAL, proto.boolVal);
  if (proto.dcomplexVal !== undefined) writeFixed(writer, field.DCOMPLEX_VAL, proto.dcomplexVal);
  if (proto.halfVal !== undefined) writeInt32s(writer, field.HALF_VAL, proto.halfVal);
  if (proto.uint32Val !== undefined && proto.uint32Val.length > 0) {
    beginVarints(writer, field.UINT32_VAL);
    for (let index = 0; index < proto.uint32Val.length; index++) writer.uint32(proto.uint32Val[index]);
  }
  if (proto.uint64Val !== undefined) writeInt64s(writer, field.UINT64_VAL, proto.uint64Val);
}

function measureShape(writer: WireWriter, shape: TensorShapeProto): number {
  const place = writer.reserveSize();
  let size = shape.unknownRank ? 2 : 0;
  for (let axis = 0; axis < shape.sizes.length; axis++) size += 1 + prefixedSize(dimSize(shape, axis));
  return writer.setSize(place, size);
}

function dimSize(shape: TensorShapeProto, axis: number): number {
  const size = shape.sizes[axis];
  const name = shape.names?.[axis] ?? '';
  return (
    (size === 0 ? 0 : 1 + uint64Size(size | 0, upperBits(size))) +
    (name === '' ? 0 : 1 + prefixedSize(textSize(name)))
  );
}

function writeShape(writer: WireWriter, shape: TensorShapeProto): void {
  writer.uint32(writer.nextSize());
  for (let axis = 0; axis < shape.sizes.length; axis++) {
    writer.uint32((2 << 3) | LENGTH_DELIMITED);
    writer.uint32(dimSize(shape, axis));
    const size = shape.sizes[axis];
    if (size !== 0) {
      writer.uint32((1 << 3) | VARINT);
      writer.uint64(size | 0, upperBits(size));
    }
    const name = shape.names?.[axis] ?? '';
    if (name !== '') {
      const bytes = textSize(name);
      writer.uint32((2 << 3) | LENGTH_DELIMITED);
      writer.uint32(bytes);
      writer.text(name, bytes);
    }
  }
  if (shape.unknownRank) {
    writer.uint32((3 << 3) | VARINT);
    writer.uint32(1);
  }
}

function bytesSize(bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : 1 + prefixedSize(bytes.length);
}

function writeBytes(writer: WireWriter, number: number, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  writer.uint32((number << 3) | LENGTH_DELIMITED);
  writer.uint32(bytes.length);
  writer.copy(bytes);
}

function totalBytes(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function writeParts(writer: WireWriter, number: number, parts: readonly Uint8Array[]): void {
  writer.uint32((number << 3) | LENGTH_DELIMITED);
  writer.uint32(totalBytes(parts));
  for (const part of parts) writer.copy(part);
}

function fixedSize(values: Float32Array | Float64Array): number {
  return values.length === 0 ? 0 : 1 + prefixedSize(values.byteLength);
}

/** Packed floats or doubles: on the wire they are as they are in memory, little-endian. */
function writeFixed(writer: WireWriter, number: number, values: Float32Array | Float64Array): void {
  writeBytes(writer, number, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function varintsSize<T extends ArrayLike<unknown>>(
  writer: WireWriter,
  values: T,
  tagBytes: number,
  measure: (values: T) => number,
): number {
  if (values.length === 0) return 0;
  return tagBytes + prefixedSize(writer.setSize(writer.reserveSize(), measure(values)));
}

function beginVarints(writer: WireWriter, number: number): void {
  writer.uint32((number << 3) | LENGTH_DELIMITED);
  writer.uint32(writer.nextSize());
}

function writeInt32s(writer: WireWriter, number: number, values: Int32Array): void {
  if (values.length === 0) return;
  beginVarints(writer, number);
  for (let index = 0; index < values.length; index++) writer.int32(values[index]);
}

function writeInt64s(writer: WireWriter, number: number, values: BigInt64Array | BigUint64Array): void {
  if (values.length === 0) return;
  beginVarints(writer, number);
  const halves = halvesOf(values);
  for (let index = 0; index < halves.length; index += 2) writer.uint64(halves[index], halves[index + 1]);
}
