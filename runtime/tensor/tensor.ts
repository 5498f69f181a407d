import { allocateData, slotsPerElement, type DataOf, type DType } from './dtype';
import { elementCount } from './shape';

/** An n-dimensional array, row-major. `data` holds `elementCount(shape)` elements of `dtype` (see {@link DataOf}). */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DataOf[D];
}

/** A value between two steps of a pipeline: a tensor, or a list of tensors (one per picture). */
export type Value = Tensor | readonly Tensor[];

/** The named values of one request, between two steps of its pipeline. */
export type Flow = ReadonlyMap<string, Value>;

export function isTensor(value: Value): value is Tensor {
  return !Array.isArray(value);
}

/**
 * A tensor over `data`, without a copy.
 * @throws RangeError when `data` does not have the number of elements that `shape` says.
 */
export function tensor<D extends DType>(dtype: D, shape: readonly number[], data: DataOf[D]): Tensor<D> {
  const expected = elementCount(shape) * slotsPerElement(dtype);
  if (data.length !== expected) {
    throw new RangeError(
      `a ${dtype} tensor of shape [${shape.join(', ')}] has ${expected} values, got ${data.length}`,
    );
  }
  return { dtype, shape, data };
}

/** A tensor of zeros (or empty strings). */
export function zeros<D extends DType>(dtype: D, shape: readonly number[]): Tensor<D> {
  return { dtype, shape, data: allocateData(dtype, elementCount(shape)) };
}

/** Tensors by the model's own names. */
export type NamedTensors = Readonly<Record<string, Tensor>>;
