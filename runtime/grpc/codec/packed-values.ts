import { allocateUnset, viewData } from '../../tensor/dtype';
import { highBits, lowBits, MAX_VARINT_BYTES, type WireReader } from './wire-reader';

/*
 * Readers of the payload of one packed repeated field, from `reader.position` up to `end`. They count first and allocate
 * once; no value becomes an object. An empty payload gives an empty array.
 */

export function readPackedInt32(reader: WireReader, end: number): Int32Array {
  const { bytes } = reader;
  const count = countVarints(reader, end);
  const values = allocateUnset('int32', count);
  let position = reader.position;
  // The loop of the hot path: countVarints() has seen to it that each varint ends before `end`.
  for (let index = 0; index < count; index++) {
    const start = position;
    let byte = bytes[position++];
    let value = byte & 0x7f;
    if (byte >= 0x80) {
      byte = bytes[position++];
      value |= (byte & 0x7f) << 7;
      for (let shift = 14; byte >= 0x80 && shift < 32; shift += 7) {
        byte = bytes[position++];
        value |= (byte & 0x7f) << shift;
      }
      // The upper half of a negative value, or of one that is too large: int32 is the lower half.
      while (byte >= 0x80) byte = bytes[position++];
      if (position - start > MAX_VARINT_BYTES) reader.fail('a varint of more than ten bytes');
    }
    values[index] = value;
  }
  reader.position = end;
  return values;
}

export function readPackedUint32(reader: WireReader, end: number): Uint32Array {
  const values = readPackedInt32(reader, end);
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

export function readPackedInt64(reader: WireReader, end: number): BigInt64Array {
  const count = countVarints(reader, end);
  // Little-endian halves, written without making a bigint of each.
  const values = allocateUnset('int64', count);
  const halves = new Int32Array(values.buffer, values.byteOffset, 2 * count);
  for (let index = 0; index < halves.length; index += 2) {
    reader.varintBits();
    halves[index] = lowBits();
    halves[index + 1] = highBits();
  }
  return values;
}

export function readPackedUint64(reader: WireReader, end: number): BigUint64Array {
  const values = readPackedInt64(reader, end);
  return new BigUint64Array(values.buffer, values.byteOffset, values.length);
}

/** 1 for any varint but 0. */
export function readPackedBool(reader: WireReader, end: number): Uint8Array {
  const values = allocateUnset('bool', countVarints(reader, end));
  for (let index = 0; index < values.length; index++) values[index] = reader.bool() ? 1 : 0;
  return values;
}

export function readPackedFloat(reader: WireReader, end: number): Float32Array {
  return viewData('float32', fixedBytes(reader, end, 4));
}

export function readPackedDouble(reader: WireReader, end: number): Float64Array {
  return viewData('float64', fixedBytes(reader, end, 8));
}

/** Every varint has one byte without the continuation bit: its last. */
function countVarints(reader: WireReader, end: number): number {
  const { bytes, position } = reader;
  let count = 0;
  for (let index = position; index < end; index++) if (bytes[index] < 0x80) count++;
  if (end > position && bytes[end - 1] >= 0x80)
    reader.fail('a packed field that ends in the middle of a value');
  return count;
}

function fixedBytes(reader: WireReader, end: number, bytesPerValue: number): Uint8Array {
  const start = reader.position;
  if ((end - start) % bytesPerValue !== 0) {
    reader.fail(`a packed field of ${end - start} bytes whose values have ${bytesPerValue} bytes each`);
  }
  reader.position = end;
  return reader.bytes.subarray(start, end);
}
