import { slotsPerElement, type TypedArray } from '../../tensor/dtype';
import { elementCount, formatShape } from '../../tensor/shape';
import { type Tensor } from '../../tensor/tensor';
import { FormatError, withFormat, type Axis, type TensorFormat } from '../../formats/format';

/** Array slots of one row along axis 0. */
function rowSlots({ dtype, shape }: Tensor): number {
  return elementCount(shape.slice(1)) * slotsPerElement(dtype);
}

/**
 * The rows of a tensor at `places` along axis 0, in that order. Consecutive rows are a view, because a picture's mask has a
 * million pixels.
 */
export function takeRows(tensor: Tensor, places: readonly number[]): Tensor {
  const { dtype, shape, data } = tensor;
  const slots = rowSlots(tensor);
  const result = { dtype, shape: [places.length, ...shape.slice(1)] };
  if (places.every((place, i) => i === 0 || place === places[i - 1] + 1)) {
    const first = (places[0] ?? 0) * slots;
    const end = first + places.length * slots;
    return { ...result, data: Array.isArray(data) ? data.slice(first, end) : data.subarray(first, end) };
  }
  if (Array.isArray(data)) {
    return { ...result, data: places.flatMap((place) => data.slice(place * slots, (place + 1) * slots)) };
  }
  const taken = new (data.constructor as new (length: number) => TypedArray)(places.length * slots);
  places.forEach((place, i) => {
    (taken as Uint8Array).set(data.subarray(place * slots, (place + 1) * slots) as Uint8Array, i * slots);
  });
  return { ...result, data: taken };
}

/** The format of a selection of rows; their number is known when data arrives. */
export function takeRowsFormat(name: string, format: TensorFormat, symbol: string): TensorFormat {
  const { shape } = format;
  if (!shape) return format;
  if (shape.length === 0)
    throw new FormatError(`needs one row for each detection as "${name}", got a scalar`);
  return withFormat(format, { shape: shape.with(0, symbol) });
}

/** @throws FormatError when the named values do not have the same number of rows. */
export function requireSameRows(item: Readonly<Record<string, { readonly shape: readonly Axis[] }>>): Axis {
  const entries = Object.entries(item);
  const [[first, { shape }]] = entries;
  for (const [name, other] of entries) {
    if (other.shape.length > 0 && mayBeEqual(other.shape[0], shape[0])) continue;
    throw new FormatError(
      `needs one row for each detection, got "${first}" ${formatShape(shape)} and "${name}" ${formatShape(other.shape)}`,
    );
  }
  return shape[0];
}

function mayBeEqual(a: Axis, b: Axis): boolean {
  return typeof a !== 'number' || typeof b !== 'number' || a === b;
}
