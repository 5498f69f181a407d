import { type DType } from './dtype';
import { decodeHalf } from './half';
import { isNumberDType, type NumberDType } from './number-dtype';
import { type Tensor } from './tensor';

/** Typed arrays whose elements are read as JavaScript numbers without conversion. */
export type NumberArray =
  Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

/** Thrown when a step that computes gets strings or complex numbers. */
export class NotNumbersError extends Error {
  override readonly name = 'NotNumbersError';

  constructor(dtype: DType) {
    super(`needs numbers, got ${dtype}`);
  }
}

/** @throws NotNumbersError for strings and complex numbers. */
export function requireNumberDType(dtype: DType): NumberDType {
  if (!isNumberDType(dtype)) throw new NotNumbersError(dtype);
  return dtype;
}

/**
 * The elements as numbers: the tensor's own memory (do not write to it) for dtypes with a JavaScript array; an exact
 * Float32Array for 16-bit floats; a Float64Array for 64-bit integers, which rounds beyond 2^53.
 * @throws NotNumbersError for strings and complex numbers.
 */
export function numbersOf(tensor: Tensor): NumberArray {
  const { data } = tensor;
  const dtype = requireNumberDType(tensor.dtype);
  switch (dtype) {
    case 'float16':
    case 'bfloat16':
      return decodeHalf(dtype, data as Uint16Array);
    case 'int64':
    case 'uint64':
      return wideNumbers(data as BigInt64Array | BigUint64Array);
    default:
      return data as NumberArray;
  }
}

/** Reads 32-bit words: a BigInt per element would allocate an object per element. */
function wideNumbers(data: BigInt64Array | BigUint64Array): Float64Array {
  const low = new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
  const high = data instanceof BigInt64Array ? new Int32Array(data.buffer, data.byteOffset, low.length) : low;
  const values = new Float64Array(data.length);
  for (let i = 0; i < values.length; i++) values[i] = high[2 * i + 1] * 2 ** 32 + low[2 * i];
  return values;
}
