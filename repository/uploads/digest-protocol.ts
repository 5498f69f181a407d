/** Bytes of one slot: what is gathered for one write, and digested at once. */
export const SLOT_BYTES = 256 * 1024;
/** While one slot is written and digested, the other is filled. */
export const SLOTS = 2;

/** Asked of the thread, in the order in which it is to be done. */
export type DigestQuestion =
  | { readonly ask: 'begin'; readonly id: number; readonly memory: SharedArrayBuffer }
  | { readonly ask: 'update'; readonly id: number; readonly slot: number; readonly length: number }
  | { readonly ask: 'end'; readonly id: number }
  | { readonly ask: 'forget'; readonly id: number };

/** The answer to `update` and `end`, in their order. */
export interface DigestAnswer {
  readonly id: number;
  /** Hexadecimal; of `end` only. */
  readonly sha256?: string;
}
