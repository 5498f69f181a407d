import { allocateData, bytesPerElement, slotsPerElement, viewData, type NumericDType } from '../tensor/dtype';
import { type Tensor } from '../tensor/tensor';
import { type NamedTensors } from '../tensor/tensor';

/** Pieces of a batch up to this many array slots are copied out of it: the others would keep the whole batch alive. */
const SMALL_SLOTS = 64;

/** Batches from this size on are not cleared before they are filled. */
const LARGE_BYTES = 64 * 1024;

/**
 * One set of inputs out of several requests': each input's tensors one after the other along axis 0.
 * All have the same dtypes and the same axes behind the first.
 */
export function mergeRows(names: readonly string[], requests: readonly NamedTensors[]): NamedTensors {
  const merged: Record<string, Tensor> = {};
  for (const name of names) merged[name] = concatRows(name, requests);
  return merged;
}

/** Rows `from` to `from + rows` of each tensor; large pieces are views. */
export function sliceRows(
  names: readonly string[],
  tensors: NamedTensors,
  from: number,
  rows: number,
): NamedTensors {
  const sliced: Record<string, Tensor> = {};
  for (const name of names) sliced[name] = sliceTensorRows(tensors[name], from, rows);
  return sliced;
}

/** Array slots of one row of a tensor of this shape. */
export function slotsPerRow(tensor: Pick<Tensor, 'dtype' | 'shape'>): number {
  let slots: number = slotsPerElement(tensor.dtype);
  for (let axis = 1; axis < tensor.shape.length; axis++) slots *= tensor.shape[axis];
  return slots;
}

function concatRows(name: string, requests: readonly NamedTensors[]): Tensor {
  const first = requests[0][name];
  let rows = 0;
  for (const request of requests) rows += request[name].shape[0];
  const shape = [rows, ...first.shape.slice(1)];
  if (first.dtype === 'string') {
    const data = requests.flatMap((request) => request[name].data as Uint8Array[]);
    return { dtype: 'string', shape, data };
  }
  const data = allocate(first.dtype, rows * slotsPerRow(first)) as Float32Array;
  let offset = 0;
  for (const request of requests) {
    // All are arrays of one class; which one makes no difference here.
    const piece = request[name].data as Float32Array;
    data.set(piece, offset);
    offset += piece.length;
  }
  return { dtype: first.dtype, shape, data };
}

function allocate(dtype: NumericDType, slots: number): Tensor['data'] {
  const elements = slots / slotsPerElement(dtype);
  const bytes = elements * bytesPerElement(dtype);
  if (bytes < LARGE_BYTES) return allocateData(dtype, elements);
  return viewData(dtype, Buffer.allocUnsafeSlow(bytes));
}

function sliceTensorRows(tensor: Tensor, from: number, rows: number): Tensor {
  const { dtype, data } = tensor;
  const rowSlots = slotsPerRow(tensor);
  const start = from * rowSlots;
  const end = start + rows * rowSlots;
  const shape = tensor.shape.slice();
  shape[0] = rows;
  if (Array.isArray(data) || end - start <= SMALL_SLOTS)
    return { dtype, shape, data: data.slice(start, end) };
  return { dtype, shape, data: data.subarray(start, end) };
}
