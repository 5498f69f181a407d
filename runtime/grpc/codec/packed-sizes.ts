import { int32Size, uint32Size, uint64Size } from './wire-writer';

/* Bytes of the payload of packed varints. */

export function int32sSize(values: Int32Array): number {
  let size = 0;
  for (let index = 0; index < values.length; index++) size += int32Size(values[index]);
  return size;
}

export function uint32sSize(values: Uint32Array): number {
  let size = 0;
  for (let index = 0; index < values.length; index++) size += uint32Size(values[index]);
  return size;
}

export function int64sSize(values: BigInt64Array | BigUint64Array): number {
  const halves = halvesOf(values);
  let size = 0;
  for (let index = 0; index < halves.length; index += 2) size += uint64Size(halves[index], halves[index + 1]);
  return size;
}

/** The low and high 32 bits of each value in turn, without a copy and without a bigint for each. */
export function halvesOf(values: BigInt64Array | BigUint64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
}
