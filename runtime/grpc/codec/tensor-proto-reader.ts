import { gatherField } from './gather-field';
import { readName } from './name-reader';
import {
  readPackedBool,
  readPackedDouble,
  readPackedFloat,
  readPackedInt32,
  readPackedInt64,
  readPackedUint32,
  readPackedUint64,
} from './packed-values';
import * as field from './tensor-proto';
import { TensorProto, TensorShapeProto } from './tensor-proto';
import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT, type WireReader } from './wire-reader';

/** A string of two bytes on the wire is an object in memory: more of them than this are refused. */
const MAX_STRINGS = 4_194_304;
/** Far above the 254 axes of TensorFlow's tensors, and as good a reason to refuse. */
const MAX_DIMS = 4096;

/** Wire type of one value of each repeated numeric field. */
const VALUE_WIRE_TYPES: (number | undefined)[] = new Array<number | undefined>(32).fill(undefined);
for (const number of [field.FLOAT_VAL, field.SCOMPLEX_VAL]) VALUE_WIRE_TYPES[number] = FIXED32;
for (const number of [field.DOUBLE_VAL, field.DCOMPLEX_VAL]) VALUE_WIRE_TYPES[number] = FIXED64;
for (const number of [field.INT_VAL, field.INT64_VAL, field.BOOL_VAL]) VALUE_WIRE_TYPES[number] = VARINT;
for (const number of [field.HALF_VAL, field.UINT32_VAL, field.UINT64_VAL]) VALUE_WIRE_TYPES[number] = VARINT;

/** Reads a TensorProto from `reader.position` up to `end`. */
export function readTensorProto(reader: WireReader, end: number): TensorProto {
  const proto = new TensorProto();
  const start = reader.position;
  const outerEnd = reader.end;
  reader.end = end;
  // Bits of the repeated numeric fields that were met, and of those whose values are not in one packed record.
  let seen = 0;
  let scattered = 0;
  while (reader.position < end) {
    const tag = reader.tag();
    switch (tag) {
      case (field.DTYPE << 3) | VARINT:
        proto.dtype = reader.int32();
        break;
      case (field.TENSOR_SHAPE << 3) | LENGTH_DELIMITED:
        proto.shape = readShape(reader, reader.payloadEnd(), proto.shape);
        break;
      case (field.VERSION_NUMBER << 3) | VARINT:
        proto.versionNumber = reader.int32();
        break;
      case (field.TENSOR_CONTENT << 3) | LENGTH_DELIMITED:
        proto.tensorContent = readBytes(reader);
        break;
      case (field.STRING_VAL << 3) | LENGTH_DELIMITED:
        proto.stringVal ??= [];
        if (proto.stringVal.length === MAX_STRINGS)
          reader.fail(`more than ${MAX_STRINGS} strings in a tensor`);
        proto.stringVal.push(readBytes(reader) ?? NO_BYTES);
        break;
      default: {
        const number = tag >>> 3;
        const valueWireType = number < 32 ? VALUE_WIRE_TYPES[number] : undefined;
        const packed = (tag & 7) === LENGTH_DELIMITED;
        if (valueWireType === undefined || (!packed && (tag & 7) !== valueWireType)) {
          reader.skip(tag);
          break;
        }
        const bit = 1 << number;
        if (packed && (seen & bit) === 0) setValues(proto, number, reader, reader.payloadEnd());
        else {
          scattered |= bit;
          reader.skip(tag);
        }
        seen |= bit;
      }
    }
  }
  if (scattered !== 0) readScattered(reader, proto, start, end, scattered);
  reader.end = outerEnd;
  return proto;
}

const NO_BYTES = new Uint8Array(0);

/** A view on the message; undefined when there are none. */
function readBytes(reader: WireReader): Uint8Array | undefined {
  const end = reader.payloadEnd();
  const { bytes, position } = reader;
  reader.position = end;
  return end === position
    ? undefined
    : new Uint8Array(bytes.buffer, bytes.byteOffset + position, end - position);
}

function readScattered(
  reader: WireReader,
  proto: TensorProto,
  start: number,
  end: number,
  scattered: number,
): void {
  for (let number = 0; number < 32; number++) {
    const valueWireType = VALUE_WIRE_TYPES[number];
    if (valueWireType === undefined || (scattered & (1 << number)) === 0) continue;
    const joined = gatherField(reader, start, end, number, valueWireType);
    setValues(proto, number, joined, joined.end);
  }
}

function setValues(proto: TensorProto, number: number, reader: WireReader, end: number): void {
  if (end === reader.position) return;
  if (number === field.FLOAT_VAL) proto.floatVal = readPackedFloat(reader, end);
  else if (number === field.INT_VAL) proto.intVal = readPackedInt32(reader, end);
  else if (number === field.DOUBLE_VAL) proto.doubleVal = readPackedDouble(reader, end);
  else if (number === field.SCOMPLEX_VAL) proto.scomplexVal = readPackedFloat(reader, end);
  else if (number === field.INT64_VAL) proto.int64Val = readPackedInt64(reader, end);
  else if (number === field.BOOL_VAL) proto.boolVal = readPackedBool(reader, end);
  else if (number === field.DCOMPLEX_VAL) proto.dcomplexVal = readPackedDouble(reader, end);
  else if (number === field.HALF_VAL) proto.halfVal = readPackedInt32(reader, end);
  else if (number === field.UINT32_VAL) proto.uint32Val = readPackedUint32(reader, end);
  else proto.uint64Val = readPackedUint64(reader, end);
}

/** Reads a TensorShapeProto; a second one is merged into the first, as protobuf merges messages. */
function readShape(reader: WireReader, end: number, shape = new TensorShapeProto()): TensorShapeProto {
  const outerEnd = reader.end;
  reader.end = end;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === ((2 << 3) | LENGTH_DELIMITED)) readDim(reader, reader.payloadEnd(), shape);
    else if (tag === ((3 << 3) | VARINT)) shape.unknownRank = reader.bool();
    else reader.skip(tag);
  }
  reader.end = outerEnd;
  return shape;
}

function readDim(reader: WireReader, end: number, shape: TensorShapeProto): void {
  if (shape.sizes.length === MAX_DIMS) reader.fail(`a shape of more than ${MAX_DIMS} axes`);
  const outerEnd = reader.end;
  reader.end = end;
  let size = 0;
  let name = '';
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | VARINT)) size = reader.int64AsNumber();
    else if (tag === ((2 << 3) | LENGTH_DELIMITED)) name = readName(reader);
    else reader.skip(tag);
  }
  reader.end = outerEnd;
  shape.names?.push(name);
  if (name !== '') shape.names ??= [...shape.sizes.map(() => ''), name];
  shape.sizes.push(size);
}
