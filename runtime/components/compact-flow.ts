import { isTensor, type Flow, type Tensor, type Value } from '../tensor/tensor';

/**
 * A flow that is cheap to send to another thread: a view into a larger buffer (a message, a batch) becomes an array of its
 * own, because cloning a view clones all that lies behind it.
 */
export function compactFlow(flow: Flow): Flow {
  const compact = new Map<string, Value>();
  for (const [name, value] of flow) {
    compact.set(name, isTensor(value) ? compactTensor(value) : value.map(compactTensor));
  }
  return compact;
}

function compactTensor(tensor: Tensor): Tensor {
  const { dtype, shape, data } = tensor;
  if (Array.isArray(data)) return { dtype, shape, data: data.map(ownBytes) };
  return data.byteLength === data.buffer.byteLength ? tensor : { dtype, shape, data: data.slice() };
}

function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
}
