import { allocateData, type DType } from '../../../runtime/tensor/dtype';
import { DTYPES } from '../../../contracts/values/dtype';
import { decodeHalf, encodeHalf } from '../../../runtime/tensor/half';
import { isNumberDType, type NumberDType } from '../../../runtime/tensor/number-dtype';
import { elementCount } from '../../../runtime/tensor/shape';
import { type Tensor } from '../../../runtime/tensor/tensor';

export const NUMBER_DTYPES = DTYPES.filter(isNumberDType);

/** A tensor of the given numbers, stored as the dtype stores them. */
export function fromNumbers(dtype: NumberDType, shape: readonly number[], values: readonly number[]): Tensor {
  const data = allocateData(dtype, elementCount(shape));
  values.forEach((value, i) => {
    if (dtype === 'float16' || dtype === 'bfloat16') (data as Uint16Array)[i] = encodeHalf(dtype, value);
    else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(value);
    else (data as Float64Array)[i] = value;
  });
  return { dtype, shape, data };
}

/** A tensor of any dtype whose elements are all different where the dtype allows it. */
export function counting(dtype: DType, shape: readonly number[]): Tensor {
  const count = elementCount(shape);
  if (dtype === 'string') {
    return { dtype, shape, data: Array.from({ length: count }, (_, i) => Buffer.from(`text ${i}`)) };
  }
  if (dtype === 'complex64') {
    return { dtype, shape, data: Float32Array.from({ length: 2 * count }, (_, i) => i / 4) };
  }
  const limit = dtype === 'bool' ? 2 : 100;
  return fromNumbers(
    dtype,
    shape,
    Array.from({ length: count }, (_, i) => i % limit),
  );
}

/** The elements as something that compares: numbers (complex ones as text), or texts. */
export function elementsOf({ dtype, data }: Tensor): (number | string)[] {
  if (Array.isArray(data)) return data.map((bytes) => Buffer.from(bytes).toString());
  if (dtype === 'complex64') {
    const parts = data as Float32Array;
    return Array.from({ length: parts.length / 2 }, (_, i) => `${parts[2 * i]}+${parts[2 * i + 1]}i`);
  }
  if (dtype === 'float16' || dtype === 'bfloat16') return [...decodeHalf(dtype, data as Uint16Array)];
  return Array.from(data as Iterable<number | bigint>, Number);
}

export type Nested = number | string | Nested[];

/** The tensor as nested lists, as NumPy prints it. */
export function toNested(tensor: Tensor): Nested {
  return nest(elementsOf(tensor), tensor.shape);
}

function nest(elements: readonly (number | string)[], shape: readonly number[]): Nested {
  if (shape.length === 0) return elements[0];
  const [size, ...rest] = shape;
  const step = elementCount(rest);
  return Array.from({ length: size }, (_, i) => nest(elements.slice(i * step, (i + 1) * step), rest));
}

/** The element at a place, straight from the definition of row-major order. */
export function elementAt(tensor: Tensor, place: readonly number[]): number | string {
  const offset = place.reduce((sum, index, axis) => sum * tensor.shape[axis] + index, 0);
  return elementsOf(tensor)[offset];
}

/** Every place of a shape, in row-major order. */
export function placesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (places, size) => places.flatMap((place) => Array.from({ length: size }, (_, i) => [...place, i])),
    [[]],
  );
}
