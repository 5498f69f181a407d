import { type DType, type TypedArray } from './dtype';
import { allocateResult } from './result-memory';
import { elementCount } from './shape';
import { type Tensor } from './tensor';

/** Memory that is copied slot by slot without looking at what the elements mean. */
export type SlotArray = Exclude<TypedArray, BigInt64Array | BigUint64Array> | Uint8Array[];

/** Slots that an element takes when it is copied: two words for 64-bit integers, two floats for a complex number. */
export function copySlotsPerElement(dtype: DType): 1 | 2 {
  return dtype === 'complex64' || dtype === 'int64' || dtype === 'uint64' ? 2 : 1;
}

/** The tensor's memory as slots: 64-bit integers as words, because a BigInt for each would be an object for each. */
export function slotsOf(tensor: Tensor): SlotArray {
  const { data } = tensor;
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? new Int32Array(data.buffer, data.byteOffset, data.length * 2)
    : data;
}

/** A fresh tensor of `shape` and its memory as slots, to be filled by the caller before anyone else sees it. */
export function allocateSlots(dtype: DType, shape: readonly number[]): { result: Tensor; slots: SlotArray } {
  const result: Tensor = { dtype, shape, data: allocateResult(dtype, elementCount(shape)) };
  return { result, slots: slotsOf(result) };
}

/** From this many slots on, one native copy with its two views is faster than a loop. */
const NATIVE_COPY_FROM = 48;

/** Copies `count` slots. Both are of one dtype. */
export function copySlots(from: SlotArray, start: number, to: SlotArray, at: number, count: number): void {
  // Both have the same element type, which the compiler cannot see.
  const target = to as Float32Array;
  const source = from as Float32Array;
  if (count >= NATIVE_COPY_FROM && !Array.isArray(from)) {
    target.set(source.subarray(start, start + count), at);
  } else {
    for (let i = 0; i < count; i++) target[at + i] = source[start + i];
  }
}
