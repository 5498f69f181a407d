import {
  allocateData,
  bytesPerElement,
  integerRange,
  isInteger,
  slotsPerElement,
  type DType,
  type NumericDType,
  type TypedArray,
} from '../tensor/dtype';
import { DTYPES } from '../../contracts/values/dtype';
import { encodeHalf } from '../tensor/half';
import { elementCount, formatShape } from '../tensor/shape';
import { type Tensor } from '../tensor/tensor';
import { InputError } from './errors';
import { flattenValues, type ElementValue, type NestedValues } from './nested-values';

/**
 * An input: a tensor, or values in nested arrays (`[[1, 2], [3, 4]]`) or one flat array with a shape beside it. Elements are
 * numbers; bigints too for 64-bit integers; booleans for bool; text or bytes for string; pairs for complex64.
 */
export type InputTensor =
  | Tensor
  | {
      readonly dtype: DType;
      /** @default the shape of the nested arrays */
      readonly shape?: readonly number[];
      readonly data: NestedValues;
    };

/**
 * Converts an input to a tensor, without a copy if it is one already.
 * @throws InputError with the first problem.
 */
export function toInputTensor(name: string, input: InputTensor): Tensor {
  const { dtype, shape, data } = input;
  if (!(DTYPES as readonly string[]).includes(dtype)) {
    throw new InputError(name, `dtype must be one of ${DTYPES.join(', ')}, got '${String(dtype)}'`);
  }
  if (isDataOf(dtype, data)) return checkLength(name, dtype, shape ?? defaultShape(dtype, data), data);
  const flat = flatten(name, dtype, data);
  const values = toData(name, dtype, flat.values);
  return checkLength(name, dtype, shape ?? flat.shape, values);
}

function isDataOf(dtype: DType, data: unknown): data is Tensor['data'] {
  if (dtype === 'string') return false;
  return data instanceof (allocateData(dtype, 0).constructor as new () => object);
}

function defaultShape(dtype: DType, data: Tensor['data']): readonly number[] {
  return [data.length / slotsPerElement(dtype)];
}

function flatten(
  name: string,
  dtype: DType,
  data: NestedValues,
): { readonly shape: readonly number[]; readonly values: readonly ElementValue[] } {
  try {
    const flat = flattenValues(data, (value): value is ElementValue => {
      if (typeof value !== 'object') return true;
      return dtype === 'string' && value instanceof Uint8Array;
    });
    if (dtype !== 'complex64') return flat;
    if (flat.shape.at(-1) !== 2) throw new RangeError('complex numbers are pairs [real, imaginary]');
    return { shape: flat.shape.slice(0, -1), values: flat.values };
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(name, error.message);
    throw error;
  }
}

function checkLength(name: string, dtype: DType, shape: readonly number[], data: Tensor['data']): Tensor {
  if (shape.some((size) => !Number.isSafeInteger(size) || size < 0)) {
    throw new InputError(name, `sizes must be integers ≥ 0, got shape ${formatShape(shape)}`);
  }
  const slots = slotsPerElement(dtype);
  if (data.length !== elementCount(shape) * slots) {
    throw new InputError(
      name,
      `shape ${formatShape(shape)} has ${elementCount(shape)} elements, got ${data.length / slots}`,
    );
  }
  return { dtype, shape, data };
}

function toData(name: string, dtype: DType, values: readonly ElementValue[]): Tensor['data'] {
  const refuse = (index: number, allowed: string): never => {
    const value = values[index];
    const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 40);
    throw new InputError(name, `element ${index} must be ${allowed}, got ${typeof value} ${shown}`);
  };
  if (dtype === 'string') {
    return values.map((value, index) => {
      if (value instanceof Uint8Array) return value;
      return typeof value === 'string' ? Buffer.from(value) : refuse(index, 'text or bytes');
    });
  }
  const data: TypedArray = allocateData<NumericDType>(dtype, values.length / slotsPerElement(dtype));
  for (let index = 0; index < data.length; index++) {
    const value = values[index];
    if (dtype === 'bool') data[index] = toBool(value) ?? refuse(index, 'a boolean, 0 or 1');
    else if (isInteger(dtype)) {
      const [least, most] = integerRange(dtype);
      const integer = toInteger(value);
      if (integer === undefined || integer < least || integer > most) {
        return refuse(index, `an integer from ${least} to ${most}`);
      }
      data[index] = bytesPerElement(dtype) === 8 ? BigInt(integer) : Number(integer);
    } else {
      if (typeof value !== 'number') return refuse(index, 'a number');
      data[index] = dtype === 'float16' || dtype === 'bfloat16' ? encodeHalf(dtype, value) : value;
    }
  }
  return data;
}

function toBool(value: ElementValue): 0 | 1 | undefined {
  if (value === true || value === 1) return 1;
  return value === false || value === 0 ? 0 : undefined;
}

/** An exact integer: a number beyond 2^53 may not be the one that was written. */
function toInteger(value: ElementValue): number | bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
