import { slotsPerElement } from '../../tensor/dtype';
import { elementCount, formatShape } from '../../tensor/shape';
import { type Tensor } from '../../tensor/tensor';

/** How a tensor becomes the inputs of several requests. */
export type Split =
  /** A request for each `rows` entries along axis 0; the last one has what is left. */
  | { readonly rows: number }
  /** A request for each window of `length` observations of `width` values; windows move by `stride` observations. */
  | { readonly length: number; readonly width: number; readonly stride: number };

/** The parts of a tensor, made when they are asked for. */
export interface TensorParts {
  readonly count: number;
  readonly at: (index: number) => Tensor;
}

/**
 * The parts of a tensor in their order, as views on its memory.
 * @throws RangeError when the tensor cannot be split so.
 */
export function splitTensor(tensor: Tensor, split: Split): TensorParts {
  return 'rows' in split ? splitRows(tensor, split.rows) : splitWindows(tensor, split);
}

function splitRows(tensor: Tensor, rows: number): TensorParts {
  const [entries, ...inner] = tensor.shape;
  if (tensor.shape.length === 0 || entries === 0) {
    throw new RangeError(`shape ${formatShape(tensor.shape)} has no rows`);
  }
  return {
    count: Math.ceil(entries / rows),
    at: (index) => slice(tensor, index * rows, Math.min(entries, (index + 1) * rows), inner),
  };
}

function splitWindows(
  tensor: Tensor,
  { length, width, stride }: Exclude<Split, { readonly rows: number }>,
): TensorParts {
  const values = elementCount(tensor.shape);
  const shape = formatShape(tensor.shape);
  if (values % width !== 0) {
    throw new RangeError(`shape ${shape} has ${values} values, which are no whole observations of ${width}`);
  }
  const observations = values / width;
  if (observations < length) {
    throw new RangeError(
      `shape ${shape} holds ${observations} observations of ${width}; a window takes ${length}`,
    );
  }
  return {
    count: Math.floor((observations - length) / stride) + 1,
    at: (index) => slice(tensor, index * stride, index * stride + length, [width]),
  };
}

/** Entries of the shape `inner`, from `start` up to `end`. */
function slice({ dtype, data }: Tensor, start: number, end: number, inner: readonly number[]): Tensor {
  const slots = elementCount(inner) * slotsPerElement(dtype);
  const part = Array.isArray(data)
    ? data.slice(start * slots, end * slots)
    : data.subarray(start * slots, end * slots);
  return { dtype, shape: [end - start, ...inner], data: part };
}
