import { numbersOf } from '../../../tensor/numbers';
import { type Tensor } from '../../../tensor/tensor';
import { FormatError } from '../../format';
import { isNumberDType } from '../../../tensor/number-dtype';

/**
 * 0 and 1 for numbers that are above the limit or not; bytes and bools that are 0 or 1 stay as they are. NaN is 0.
 * @param into memory of zeros for the result, where it is to lie in that
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

/** Most of a mask is 0, and bits tell so of eight numbers at once: three times as fast as one comparison for each. */
function markSparse(values: Float32Array, above: number, out: Uint8Array): void {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const whole = values.length - (values.length % 8);
  for (let i = 0; i < whole; i += 8) {
    const any =
      bits[i] |
      bits[i + 1] |
      bits[i + 2] |
      bits[i + 3] |
      bits[i + 4] |
      bits[i + 5] |
      bits[i + 6] |
      bits[i + 7];
    if (any === 0) continue;
    for (let k = i; k < i + 8; k++) if (values[k] > above) out[k] = 1;
  }
  for (let i = whole; i < values.length; i++) if (values[i] > above) out[i] = 1;
}

function isBinary(data: Uint8Array): boolean {
  for (let i = 0; i < data.length; i++) if (data[i] > 1) return false;
  return true;
}
