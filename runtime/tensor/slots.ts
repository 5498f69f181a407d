import { type DType, type TypedArray } from './dtype';
import { allocateResult } from './result-memory';
import { elementCount } from './shape';
import { type Tensor } from './tensor';

/** Memory that is copied slot by slot, whatever its elements mean. */
export type SlotArray = Exclude<TypedArray, BigInt64Array | BigUint64Array> | Uint8Array[];

/** Slots per element when copied: two words for 64-bit integers, two floats for complex numbers. */
export function copySlotsPerElement(dtype: DType): 1 | 2 {
  return dtype === 'complex64' || dtype === 'int64' || dtype === 'uint64' ? 2 : 1;
}

/** The tensor's memory as slots; 64-bit integers as 32-bit words, because a BigInt each would allocate an object each. */
export function slotsOf(tensor: Tensor): SlotArray {
  const { data } = tensor;
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? new Int32Array(data.buffer, data.byteOffset, data.length * 2)
    : data;
}

/** A new tensor and its memory as slots, which the caller fills. */
export function allocateSlots(dtype: DType, shape: readonly number[]): { result: Tensor; slots: SlotArray } {
  const result: Tensor = { dtype, shape, data: allocateResult(dtype, elementCount(shape)) };
  return { result, slots: slotsOf(result) };
}

/** From this many slots on, one native copy with its two views is faster than a loop. */
const NATIVE_COPY_FROM = 48;

/** Copies `count` slots between tensors of one dtype. */
export function copySlots(from: SlotArray, start: number, to: SlotArray, at: number, count: number): void {
  // The compiler cannot see that both arrays have one element type.
  const target = to as Float32Array;
  const source = from as Float32Array;
  if (count >= NATIVE_COPY_FROM && !Array.isArray(from)) {
    target.set(source.subarray(start, start + count), at);
  } else {
    for (let i = 0; i < count; i++) target[at + i] = source[start + i];
  }
}
