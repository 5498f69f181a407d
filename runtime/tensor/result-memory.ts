import {
  allocateData,
  arrayConstructor,
  bytesPerElement,
  slotsPerElement,
  type DataOf,
  type DType,
} from './dtype';

/**
 * Memory that small results share. A typed array of its own costs more than most steps compute: the engine makes a buffer
 * outside its heap for it. A view into memory that is there already is ten times cheaper. Each place is handed out once,
 * so it is zero and nobody else's; a slab is freed with the last result in it.
 */
const SLAB_BYTES = 64 * 1024;
/** Up to this size the engine keeps an array's elements in its heap, which is as cheap as a view. */
const IN_HEAP_BYTES = 64;
/** Beyond this size a result that somebody keeps should not keep others with it. */
const LARGEST_BYTES = 4 * 1024;

let slab = new ArrayBuffer(SLAB_BYTES);
let used = 0;

/** Reserves `bytes` in the slab, 8-byte aligned as the widest element needs it. */
function reserve(bytes: number): number {
  const rounded = (bytes + 7) & ~7;
  if (used + rounded > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const offset = used;
  used += rounded;
  return offset;
}

/**
 * Zeros for `elements` elements of a step's result, as {@link allocateData}. A small one is a view into memory that it
 * shares with other results: whoever moves its buffer to another thread has to copy it first.
 */
export function allocateResult<D extends DType>(dtype: D, elements: number): DataOf[D] {
  if (dtype === 'string') return allocateData(dtype, elements);
  const bytes = elements * bytesPerElement(dtype);
  if (bytes <= IN_HEAP_BYTES || bytes > LARGEST_BYTES) return allocateData(dtype, elements);
  const offset = reserve(bytes);
  return new (arrayConstructor(dtype))(slab, offset, elements * slotsPerElement(dtype)) as DataOf[D];
}
