import { ONNX_DTYPES } from '../../runtime/formats/onnx-dtype';
import { type Tensor } from '../../runtime/tensor/tensor';

/** `onnx.TensorProto` of a tensor; numbers travel as raw little-endian bytes. */
export function toTensorProto(name: string, { dtype, shape, data }: Tensor): Record<string, unknown> {
  const proto = { name, dims: shape, dataType: ONNX_DTYPES[dtype] };
  if (Array.isArray(data)) return { ...proto, stringData: data };
  return { ...proto, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}
