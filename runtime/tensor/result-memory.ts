import {
  allocateData,
  arrayConstructor,
  bytesPerElement,
  slotsPerElement,
  type DataOf,
  type DType,
} from './dtype';

/**
 * Small results are views of shared slabs: V8 allocates the buffer of a typed array outside its heap, which takes longer
 * than most steps compute, and a view takes a tenth of that. Each range is handed out once, so it is zero. A slab is freed
 * with the last result in it.
 */
const SLAB_BYTES = 64 * 1024;
/** Up to this size V8 keeps elements in its heap, which is as cheap as a view. */
const IN_HEAP_BYTES = 64;
/** Larger results have their own buffer, so that keeping one does not keep a slab. */
const LARGEST_BYTES = 4 * 1024;

let slab = new ArrayBuffer(SLAB_BYTES);
let used = 0;

/** Reserves `bytes` in the slab, aligned to 8 bytes for the widest element. */
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
 * Zeros for the `elements` elements of a step's result, as {@link allocateData}. Small results share a buffer: copy one
 * before it is transferred to another thread.
 */
export function allocateResult<D extends DType>(dtype: D, elements: number): DataOf[D] {
  if (dtype === 'string') return allocateData(dtype, elements);
  const bytes = elements * bytesPerElement(dtype);
  if (bytes <= IN_HEAP_BYTES || bytes > LARGEST_BYTES) return allocateData(dtype, elements);
  const offset = reserve(bytes);
  return new (arrayConstructor(dtype))(slab, offset, elements * slotsPerElement(dtype)) as DataOf[D];
}
