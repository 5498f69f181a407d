import { Tensor as OrtTensor } from 'onnxruntime-node';
import { InferenceError } from '../../../errors';
import { type DType } from '../../../tensor/dtype';
import { type Tensor } from '../../../tensor/tensor';

/** Element types that ONNX Runtime's binding for Node passes; it spells them as we do. */
type OrtDType = Exclude<DType, 'bfloat16' | 'complex64'>;

const ORT_DTYPES: ReadonlySet<string> = new Set<OrtDType>([
  'float32',
  'float64',
  'float16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
  'string',
]);

export function isOrtDType(dtype: string): dtype is OrtDType {
  return ORT_DTYPES.has(dtype);
}

// A byte order mark belongs to the text: the model gets the bytes that the client sent.
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The tensor as ONNX Runtime takes it; numbers are not copied.
 * @throws InferenceError MODEL_REFUSED when ONNX Runtime has no such dtype; INPUT_MISMATCH when a string is not UTF-8 or has
 * a NUL, where ONNX Runtime would cut it.
 */
export function toOrtTensor(name: string, { dtype, shape, data }: Tensor): OrtTensor {
  if (dtype === 'float16') return toHalfTensor(data as Uint16Array, shape);
  if (!isOrtDType(dtype)) {
    throw new InferenceError(
      'MODEL_REFUSED',
      `model input '${name}' is ${dtype}, which ONNX Runtime cannot take`,
    );
  }
  const values = Array.isArray(data) ? decodeStrings(name, data) : data;
  // The overloads of the constructor take one dtype each; dtype and data fit each other, as they come from a Tensor.
  return new OrtTensor(dtype as 'float32', values as Float32Array, shape);
}

/**
 * Where JavaScript has a Float16Array (Node 24), ONNX Runtime's Tensor turns bit patterns into one, which its native part then
 * cannot read. The native part reads these fields only.
 */
function toHalfTensor(data: Uint16Array, dims: readonly number[]): OrtTensor {
  return { type: 'float16', data, dims, location: 'cpu', size: data.length } as unknown as OrtTensor;
}

/** A tensor that ONNX Runtime made, as the rest of the runtime knows it. Text becomes bytes, numbers are not copied. */
export function fromOrtTensor({ type, data, dims }: OrtTensor): Tensor {
  if (Array.isArray(data)) {
    return { dtype: 'string', shape: dims, data: Array.from(data, (text) => Buffer.from(text)) };
  }
  // Halves come in a Float16Array where there is one; ours are bit patterns everywhere.
  if (type === 'float16' && !(data instanceof Uint16Array)) {
    const { buffer, byteOffset, length } = data as unknown as Uint16Array;
    return { dtype: type, shape: dims, data: new Uint16Array(buffer, byteOffset, length) };
  }
  return { dtype: type as OrtDType, shape: dims, data };
}

function decodeStrings(name: string, strings: readonly Uint8Array[]): string[] {
  return strings.map((bytes, index) => {
    if (bytes.includes(0)) {
      throw new InferenceError(
        'INPUT_MISMATCH',
        `string ${index} of model input '${name}' has a NUL byte, which ONNX Runtime cannot take`,
      );
    }
    try {
      return UTF_8.decode(bytes);
    } catch (cause) {
      throw new InferenceError(
        'INPUT_MISMATCH',
        `string ${index} of model input '${name}' is not valid UTF-8, which ONNX Runtime needs`,
        { cause },
      );
    }
  });
}
