import { allocateData, arrayConstructor, type NumericDType, type TypedArray } from './dtype';
import { type Tensor } from './tensor';

const PARTS = new WeakMap<Tensor, readonly TypedArray[]>();

/**
 * A tensor whose elements are in several arrays of its dtype, one after the other, whole elements in each. Reading `data`
 * joins them; code that copies them anyway reads {@link partsOf} and saves the join.
 */
export function tensorOfParts(
  dtype: NumericDType,
  shape: readonly number[],
  parts: readonly TypedArray[],
): Tensor {
  const filled = parts.filter(({ length }) => length > 0);
  if (filled.length < 2) return { dtype, shape, data: filled[0] ?? allocateData(dtype, 0) };
  let joined: TypedArray | undefined;
  const tensor: Tensor = {
    dtype,
    shape,
    get data() {
      joined ??= join(dtype, filled);
      PARTS.delete(tensor);
      filled.length = 0;
      return joined;
    },
  };
  PARTS.set(tensor, filled);
  return tensor;
}

/** The arrays of a tensor of parts; `undefined` for other tensors, and once `data` was read. */
export function partsOf(tensor: Tensor): readonly TypedArray[] | undefined {
  return PARTS.get(tensor);
}

function join(dtype: NumericDType, parts: readonly TypedArray[]): TypedArray {
  const joined = new (arrayConstructor(dtype))(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    // All parts have one array type; the cast is for the compiler.
    (joined as Uint8Array).set(part as Uint8Array, at);
    at += part.length;
  }
  return joined;
}
