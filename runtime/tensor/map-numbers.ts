import { castTensor } from './cast';
import { type DType } from './dtype';
import { numbersOf } from './numbers';
import { isTensor, type Tensor, type Value } from './tensor';

function mapTensor(input: Tensor, change: (value: number, index: number) => number, dtype: DType): Tensor {
  const data = numbersOf(input);
  const out = dtype === 'float32' ? new Float32Array(data.length) : new Float64Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = change(data[i], i);
  return castTensor(
    { dtype: dtype === 'float32' ? 'float32' : 'float64', shape: input.shape, data: out },
    dtype,
  );
}

/**
 * Applies `change` to every number of a tensor, or of each tensor of a list; the short way to write a transformation.
 * The result has `dtype`, by default the input's; values that do not fit it are refused, and fractions are cut off for
 * integers (see {@link castTensor}). The input is not changed.
 * @throws NotNumbersError for strings and complex numbers.
 */
export function mapNumbers(
  input: Value,
  change: (value: number, index: number) => number,
  dtype?: DType,
): Value {
  return isTensor(input)
    ? mapTensor(input, change, dtype ?? input.dtype)
    : input.map((item) => mapTensor(item, change, dtype ?? item.dtype));
}
