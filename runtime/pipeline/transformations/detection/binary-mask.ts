import { numbersOf } from '../../../tensor/numbers';
import { type Tensor } from '../../../tensor/tensor';
import { FormatError } from '../../format';
import { isNumberDType } from '../../../tensor/number-dtype';

/** 0 and 1 for numbers that are above the limit or not; bytes and bools that are 0 or 1 stay as they are. NaN is 0. */
export function toBinaryMask({ dtype, shape, data }: Tensor, above: number): Tensor<'uint8'> {
  if (dtype === 'bool' || (dtype === 'uint8' && above >= 0 && above < 1 && isBinary(data as Uint8Array))) {
    return { dtype: 'uint8', shape, data: data as Uint8Array };
  }
  if (!isNumberDType(dtype)) throw new FormatError(`needs masks of numbers, got ${dtype}`);
  const values = numbersOf({ dtype, shape, data });
  const out = new Uint8Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i] > above ? 1 : 0;
  return { dtype: 'uint8', shape, data: out };
}

function isBinary(data: Uint8Array): boolean {
  for (let i = 0; i < data.length; i++) if (data[i] > 1) return false;
  return true;
}
