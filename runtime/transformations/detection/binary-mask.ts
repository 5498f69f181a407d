import { numbersOf } from '../../tensor/numbers';
import { type Tensor } from '../../tensor/tensor';
import { FormatError } from '../../formats/format';
import { isNumberDType } from '../../tensor/number-dtype';

/**
 * 1 for numbers above the limit, else 0 (also for NaN); bytes and bools that are 0 or 1 are returned as they are.
 * @param into zeroed memory for the result; without it memory is allocated
 */
export function toBinaryMask(
  { dtype, shape, data }: Tensor,
  above: number,
  into?: Uint8Array,
): Tensor<'uint8'> {
  if (into) return { dtype: 'uint8', shape, data: mark(numbersOf({ dtype, shape, data }), above, into) };
  if (dtype === 'bool' || (dtype === 'uint8' && above >= 0 && above < 1 && isBinary(data as Uint8Array))) {
    return { dtype: 'uint8', shape, data: data as Uint8Array };
  }
  if (!isNumberDType(dtype)) throw new FormatError(`needs masks of numbers, got ${dtype}`);
  const values = numbersOf({ dtype, shape, data });
  return { dtype: 'uint8', shape, data: mark(values, above, new Uint8Array(values.length)) };
}

function mark(values: ArrayLike<number>, above: number, out: Uint8Array): Uint8Array {
  if (values instanceof Float32Array && above >= 0) markSparse(values, above, out);
  else for (let i = 0; i < out.length; i++) out[i] = values[i] > above ? 1 : 0;
  return out;
}

/** Numbers compared at once: few enough that most blocks of a mask are all 0. */
const STRETCH = 512;
const ZEROS = Buffer.alloc(STRETCH * Float32Array.BYTES_PER_ELEMENT);

/** Most blocks of a mask are all 0, and one memory comparison finds that far faster than one per number. */
function markSparse(values: Float32Array, above: number, out: Uint8Array): void {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  for (let from = 0; from < values.length; from += STRETCH) {
    const to = Math.min(from + STRETCH, values.length);
    if (bytes.compare(ZEROS, 0, 4 * (to - from), 4 * from, 4 * to) === 0) continue;
    markRange(values, above, out, from, to);
  }
}

function markRange(values: Float32Array, above: number, out: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) if (values[i] > above) out[i] = 1;
}

function isBinary(data: Uint8Array): boolean {
  for (let i = 0; i < data.length; i++) if (data[i] > 1) return false;
  return true;
}
