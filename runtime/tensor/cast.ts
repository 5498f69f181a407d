import { integerRange, isInteger, type DType, type IntegerDType } from './dtype';
import { encodeHalf, HALF_LAYOUTS, type HalfDType } from './half';
import { numbersOf, requireNumberDType, type NumberArray } from './numbers';
import { allocateResult } from './result-memory';
import { type Tensor } from './tensor';

/** Thrown when a value does not fit the target dtype. */
export class CastError extends Error {
  override readonly name = 'CastError';

  constructor(value: number | string, element: number, dtype: DType, allowed: string) {
    super(`value ${value} of element ${element} does not fit ${dtype} (${allowed})`);
  }
}

/** The largest finite float16 or bfloat16. */
function largestHalf(dtype: HalfDType): number {
  const { fractionBits, maxExponent } = HALF_LAYOUTS[dtype];
  return (2 - 2 ** -fractionBits) * 2 ** maxExponent;
}

const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

function finiteRange(largest: number): string {
  return `-${largest} to ${largest}, infinities and NaN`;
}

function castToFloats(data: NumberArray, dtype: 'float32' | 'float64'): Float32Array | Float64Array {
  if (dtype === 'float64') return new Float64Array(data);
  const out = new Float32Array(data);
  if (data instanceof Float64Array) {
    for (let i = 0; i < out.length; i++) {
      if (Math.abs(out[i]) === Infinity && Number.isFinite(data[i])) {
        throw new CastError(data[i], i, dtype, finiteRange(LARGEST_FLOAT32));
      }
    }
  }
  return out;
}

function castToHalf(data: NumberArray, dtype: HalfDType): Uint16Array {
  const infinity = encodeHalf(dtype, Infinity);
  const out = new Uint16Array(data.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = encodeHalf(dtype, data[i]);
    if ((out[i] & 0x7fff) === infinity && Number.isFinite(data[i])) {
      throw new CastError(data[i], i, dtype, finiteRange(largestHalf(dtype)));
    }
  }
  return out;
}

function castToBool(data: NumberArray): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = data[i] !== 0 ? 1 : 0;
  return out;
}

function outOfRange(value: number | string, element: number, dtype: IntegerDType): CastError {
  const [least, most] = integerRange(dtype);
  return new CastError(value, element, dtype, `${least} to ${most}`);
}

/** Integers of up to 32 bits. A comparison with NaN is false, so NaN is out of range as well. */
function castToInteger(data: NumberArray, dtype: IntegerDType): NumberArray {
  const [least, most] = integerRange(dtype);
  const above = Number(least) - 1;
  const below = Number(most) + 1;
  const out = allocateResult(dtype, data.length) as NumberArray;
  for (let i = 0; i < out.length; i++) {
    const value = data[i];
    if (!(value > above && value < below)) throw outOfRange(value, i, dtype);
    out[i] = value;
  }
  return out;
}

/** Writes 64-bit integers as 32-bit words: a BigInt per element would allocate an object per element. */
function castToWideInteger(data: NumberArray, dtype: 'int64' | 'uint64') {
  const least = dtype === 'int64' ? -(2 ** 63) : 0;
  const below = dtype === 'int64' ? 2 ** 63 : 2 ** 64;
  const out = allocateResult(dtype, data.length);
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length * 2);
  for (let i = 0; i < data.length; i++) {
    const value = Math.trunc(data[i]);
    if (!(value >= least && value < below)) throw outOfRange(data[i], i, dtype);
    const high = Math.floor(value / 2 ** 32);
    words[2 * i] = value - high * 2 ** 32;
    words[2 * i + 1] = high;
  }
  return out;
}

/** Between int64 and uint64 the bits stay the same; a value with the top bit set fits only one of them. */
function castBetweenWide(data: BigInt64Array | BigUint64Array, dtype: 'int64' | 'uint64') {
  const words = new Int32Array(data.buffer, data.byteOffset, data.length * 2);
  for (let i = 0; i < data.length; i++) {
    if (words[2 * i + 1] < 0) throw outOfRange(String(data[i]), i, dtype);
  }
  const out = allocateResult(dtype, data.length);
  new Int32Array(out.buffer, out.byteOffset, words.length).set(words);
  return out;
}

function castData(tensor: Tensor, dtype: DType): Tensor['data'] {
  if ((dtype === 'int64' || dtype === 'uint64') && (tensor.dtype === 'int64' || tensor.dtype === 'uint64')) {
    return castBetweenWide(tensor.data as BigInt64Array | BigUint64Array, dtype);
  }
  const data = numbersOf(tensor);
  const target = requireNumberDType(dtype);
  switch (target) {
    case 'float32':
    case 'float64':
      return castToFloats(data, target);
    case 'float16':
    case 'bfloat16':
      return castToHalf(data, target);
    case 'bool':
      return castToBool(data);
    case 'int64':
    case 'uint64':
      return castToWideInteger(data, target);
    default:
      return isInteger(target) ? castToInteger(data, target) : (target satisfies never);
  }
}

/**
 * The tensor with its elements converted to `dtype`; itself when it has that dtype.
 * - To a float: the nearest one (ties to even); infinities and NaN stay; a finite number beyond its range is refused.
 * - To an integer: the fraction is cut off, as NumPy does; what is out of range, infinite or NaN is refused.
 * - To bool: 0 is false, everything else (NaN too) is true.
 * @throws CastError with the first value that does not fit.
 * @throws NotNumbersError for strings and complex numbers.
 */
export function castTensor(tensor: Tensor, dtype: DType): Tensor {
  if (tensor.dtype === dtype) return tensor;
  return { dtype, shape: tensor.shape, data: castData(tensor, dtype) };
}
