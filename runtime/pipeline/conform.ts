import { InferenceError } from '../errors';
import { integerRange, isInteger, type DataOf, type DType, type IntegerDType } from '../tensor/dtype';
import { decodeHalf, encodeHalf, type HalfDType } from '../tensor/half';
import { allocateResult } from '../tensor/result-memory';
import { formatShape } from '../tensor/shape';
import { type Tensor } from '../tensor/tensor';
import { describeFormat, type FlowFormat, type TensorFormat } from '../formats/format';

/**
 * Which other dtypes are taken for a declared one.
 * `integers`: any integer dtype for an integer or float one, when every value fits exactly (clients send int16 samples as
 * int32, and whole numbers where floats are meant).
 * `numbers`: also floats for an integer dtype, when every value is whole and fits: the Basic service has floats only.
 */
export type Leniency = 'integers' | 'numbers';

/** Sizes that symbols have taken in one request. */
export type SymbolSizes = Map<string, number>;

/** Where the sizes of one request are kept; formats without symbols share one that stays empty. */
export function symbolSizesOf(flow: FlowFormat): () => SymbolSizes {
  const hasSymbols = [...flow.values()].some(
    (format) => format.kind === 'tensor' && format.shape?.some((axis) => typeof axis === 'string'),
  );
  const none: SymbolSizes = new Map();
  return () => (hasSymbols ? new Map<string, number>() : none);
}

/**
 * A request's tensor as its declared format wants it.
 * @throws InferenceError INPUT_MISMATCH with what was declared and what was sent.
 */
export function conformInput(
  name: string,
  tensor: Tensor,
  format: TensorFormat,
  leniency: Leniency,
  sizes: SymbolSizes,
): Tensor {
  if (!fitsShape(tensor.shape, format.shape, sizes)) {
    throw new InferenceError(
      'INPUT_MISMATCH',
      `input '${name}': expected shape ${describeShape(format, sizes)}, got ${formatShape(tensor.shape)}`,
    );
  }
  return conformDType(name, tensor, format, leniency);
}

/** Whether a shape fits a declared one; symbols take the first size that they meet. */
export function fitsShape(
  shape: readonly number[],
  declared: TensorFormat['shape'],
  sizes: SymbolSizes,
): boolean {
  if (declared === undefined) return true;
  if (shape.length !== declared.length) return false;
  for (let axis = 0; axis < declared.length; axis += 1) {
    const expected = declared[axis];
    if (typeof expected === 'number') {
      if (shape[axis] !== expected) return false;
    } else {
      const known = sizes.get(expected);
      if (known === undefined) sizes.set(expected, shape[axis]);
      else if (known !== shape[axis]) return false;
    }
  }
  return true;
}

function describeShape(format: TensorFormat, sizes: SymbolSizes): string {
  const known = (format.shape ?? []).filter((axis) => typeof axis === 'string' && sizes.has(axis));
  const where = known.map((axis) => `${axis} = ${sizes.get(axis as string)}`).join(', ');
  return formatShape(format.shape ?? []) + (where === '' ? '' : ` where ${where}`);
}

function conformDType(name: string, tensor: Tensor, format: TensorFormat, leniency: Leniency): Tensor {
  const { dtype } = format;
  if (dtype === tensor.dtype) return tensor;
  if (dtype === undefined) {
    if (tensor.dtype !== 'string' && tensor.dtype !== 'complex64') return tensor;
  } else if (isInteger(dtype)) {
    const isFloat = tensor.dtype === 'float32' || tensor.dtype === 'float64';
    if (isInteger(tensor.dtype) || (leniency === 'numbers' && isFloat)) return toInteger(name, tensor, dtype);
  } else if (isInteger(tensor.dtype) && isFloatDType(dtype)) {
    return toFloat(name, tensor, dtype);
  }
  throw new InferenceError(
    'INPUT_MISMATCH',
    `input '${name}': expected dtype ${dtype ?? 'of numbers'}, got ${tensor.dtype}; declared is ${describeFormat(format)}`,
  );
}

function toInteger(name: string, tensor: Tensor, dtype: IntegerDType): Tensor {
  const { shape, data: source } = tensor;
  const data = allocateResult(dtype, source.length);
  const misfit =
    isBig(source) || isBig(data)
      ? copyExactly(source as ArrayLike<number | bigint>, data, dtype)
      : copyIntegers(source as Int32Array, data as Int32Array, dtype);
  if (misfit >= 0) {
    const [low, high] = integerRange(dtype);
    throw new InferenceError(
      'INPUT_MISMATCH',
      `input '${name}': value ${String(source[misfit])} at index ${misfit} is no ${dtype} (whole numbers from ${low} to ${high})`,
    );
  }
  return { dtype, shape, data };
}

type FloatDType = 'float16' | 'bfloat16' | 'float32' | 'float64';

function isFloatDType(dtype: DType): dtype is FloatDType {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
}

/** Whole numbers as floats, while every one of them is exact: clients guess the dtype from the values that they have. */
function toFloat(name: string, tensor: Tensor, dtype: FloatDType): Tensor {
  const source = tensor.data as ArrayLike<number | bigint>;
  const data = allocateResult(dtype, source.length);
  const isHalf = data instanceof Uint16Array;
  for (let index = 0; index < source.length; index += 1) {
    const value = Number(source[index]);
    data[index] = isHalf ? encodeHalf(dtype as HalfDType, value) : value;
  }
  const floats = isHalf ? decodeHalf(dtype as HalfDType, data) : (data as Float32Array);
  for (let index = 0; index < source.length; index += 1) {
    const value = source[index];
    const found = floats[index];
    if (typeof value === 'number' ? found === value : Number.isFinite(found) && BigInt(found) === value)
      continue;
    throw new InferenceError(
      'INPUT_MISMATCH',
      `input '${name}': value ${value} at index ${index} is no ${dtype} (whole numbers are taken that ${dtype} holds exactly)`,
    );
  }
  return { dtype, shape: tensor.shape, data };
}

function isBig(data: unknown): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

/** Copies numbers; returns the index of the first that does not fit, or -1. On the path of every request. */
function copyIntegers(source: ArrayLike<number>, target: Int32Array, dtype: IntegerDType): number {
  const range = integerRange(dtype);
  const low = Number(range[0]);
  const high = Number(range[1]);
  for (let index = 0; index < source.length; index += 1) {
    const value = source[index];
    if (!(value >= low && value <= high && Math.trunc(value) === value)) return index;
    target[index] = value;
  }
  return -1;
}

/** The same where 64-bit integers are involved, which no double holds exactly. */
function copyExactly(
  source: ArrayLike<number | bigint>,
  target: DataOf[IntegerDType],
  dtype: IntegerDType,
): number {
  const [low, high] = integerRange(dtype);
  for (let index = 0; index < source.length; index += 1) {
    const value = source[index];
    if (typeof value === 'number' && !Number.isInteger(value)) return index;
    const exact = BigInt(value);
    if (exact < low || exact > high) return index;
    if (isBig(target)) target[index] = exact;
    else target[index] = Number(exact);
  }
  return -1;
}
