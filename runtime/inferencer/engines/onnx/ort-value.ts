import { Tensor as OrtTensor } from 'onnxruntime-node';
import { InferenceError } from '../../../errors';
import { type DataOf, type DType } from '../../../tensor/dtype';
import { type Tensor } from '../../../tensor/tensor';

/** Element types that ONNX Runtime's binding for Node passes; it spells them as we do. */
export type OrtDType = Exclude<DType, 'bfloat16' | 'complex64'>;

/** What an ONNX Runtime tensor is made of, as it goes from thread to thread. */
export interface OrtValue {
  readonly type: OrtDType;
  readonly data: DataOf[Exclude<OrtDType, 'string'>] | string[];
  readonly dims: readonly number[];
}

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
 * @throws InferenceError INPUT_MISMATCH when a string is not UTF-8 or has a NUL, which ONNX Runtime would cut it at.
 */
export function toOrtValue(name: string, { dtype, shape, data }: Tensor): OrtValue {
  if (!isOrtDType(dtype)) {
    throw new InferenceError(
      'MODEL_REFUSED',
      `model input '${name}' is ${dtype}, which ONNX Runtime cannot take`,
    );
  }
  return { type: dtype, data: Array.isArray(data) ? decodeStrings(name, data) : data, dims: shape };
}

/** The tensor of these parts; what the parts hold is not copied. */
export function toOrtTensor({ type, data, dims }: OrtValue): OrtTensor {
  if (type === 'float16') return toHalfTensor(data as Uint16Array, dims);
  // The overloads of the constructor take one dtype each; the parts fit each other, as they come from a Tensor.
  return new OrtTensor(type as 'float32', data as Float32Array, dims);
}

/**
 * Where JavaScript has a Float16Array (Node 24), ONNX Runtime's Tensor makes one of the bit patterns, and its native part
 * then cannot read it. What the native part reads of a tensor is this.
 */
function toHalfTensor(data: Uint16Array, dims: readonly number[]): OrtTensor {
  return { type: 'float16', data, dims, location: 'cpu', size: data.length } as unknown as OrtTensor;
}

/** The parts of a tensor that ONNX Runtime made. */
export function fromOrtTensor({ type, data, dims }: OrtTensor): OrtValue {
  // Halves come in a Float16Array where there is one; ours are bit patterns everywhere.
  if (type === 'float16' && !(data instanceof Uint16Array)) {
    const { buffer, byteOffset, length } = data as unknown as Uint16Array;
    return { type, data: new Uint16Array(buffer, byteOffset, length), dims };
  }
  return { type: type as OrtDType, data: data, dims };
}

/** The tensor of these parts, as the rest of the runtime knows it. Text becomes bytes. */
export function fromOrtValue({ type, data, dims }: OrtValue): Tensor {
  if (!Array.isArray(data)) return { dtype: type, shape: dims, data };
  return { dtype: 'string', shape: dims, data: data.map((text) => Buffer.from(text)) };
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
