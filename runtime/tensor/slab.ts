import { markAsUntransferable } from 'node:worker_threads';

const SLAB_BYTES = 64 * 1024;
/** Larger arrays get memory of their own: they are few, and a slab would be held back by one of them. */
const MAX_SHARED_BYTES = 4 * 1024;
const ALIGNMENT_BYTES = 8;

interface TypedArrayOf<T> {
  new (length: number): T;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

let slab = new ArrayBuffer(0);
let used = 0;

/**
 * A typed array of zeros. A small one shares its buffer with others: in V8 an array of more than 64 bytes with a buffer of
 * its own costs the better part of a microsecond and as much again to collect, a view a tenth of that. Memory of a slab is
 * handed out once, so it is zero; the slab goes when the last view on it has gone.
 */
export function allocateTyped<T>(constructor: TypedArrayOf<T>, length: number): T {
  const bytes = length * constructor.BYTES_PER_ELEMENT;
  if (bytes > MAX_SHARED_BYTES || bytes === 0) return new constructor(length);
  if (used + bytes > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_BYTES);
    markAsUntransferable(slab);
    used = 0;
  }
  const view = new constructor(slab, used, length);
  used = (used + bytes + ALIGNMENT_BYTES - 1) & -ALIGNMENT_BYTES;
  return view;
}
