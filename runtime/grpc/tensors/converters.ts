import {
  allocateData,
  allocateUnset,
  bytesPerElement,
  slotsPerElement,
  viewData,
  type DataOf,
  type DType,
  type NumericDType,
  type TypedArray,
} from '../../tensor/dtype';
import { formatShape } from '../../tensor/shape';
import { type Tensor } from '../../tensor/tensor';
import { partsOf } from '../../tensor/tensor-parts';
import { TensorProto, TensorShapeProto } from '../codec/tensor-proto';
import { DATA_TYPES, dtypeOf, listDataTypes } from './data-type';
import { readStringContent } from './string-content';
import { refuseTensor } from './tensor-refusal';
import { copyNarrow, repeatLast, typedValues, VALUE_FIELD_OF } from './typed-values';

/** A tensor of more bytes than this is refused unless told otherwise: the largest message there is. */
export const DEFAULT_MAX_TENSOR_BYTES = 512 * 1024 * 1024;
/** As in TensorFlow. */
const MAX_RANK = 254;
/** What one string takes in memory beside its bytes, about. */
const BYTES_PER_STRING = 128;

/**
 * The tensor that a TensorProto means, by TensorFlow's reading rules: `tensor_content` if present, else the dtype's own
 * field; fewer values than elements repeat the last one, none at all are zeros (or empty strings).
 * The data is a view on the message where its alignment allows.
 *
 * `maxBytes` bounds what is allocated: one repeated value can announce a shape of any size.
 * @throws InferenceError MALFORMED_TENSOR, which names the tensor, what was got and what is allowed.
 */
export function toTensor(proto: TensorProto, name: string, maxBytes = DEFAULT_MAX_TENSOR_BYTES): Tensor {
  const dtype = dtypeOf(proto.dtype);
  if (dtype === undefined) {
    return refuseTensor(name, `dtype ${proto.dtype} is not supported; allowed are ${listDataTypes()}`);
  }
  const shape =
    proto.shape === undefined && isOneValue(proto, dtype, name) ? [] : checkShape(proto.shape, name);
  const elements = countElements(shape, dtype, maxBytes, name);
  const data =
    dtype === 'string'
      ? readStrings(proto, elements, name)
      : proto.tensorContent === undefined
        ? readValues(proto, dtype, shape, elements, name)
        : readContent(proto.tensorContent, dtype, shape, elements, name);
  return { dtype, shape, data };
}

/** Clients that add dimensions one by one set no shape for a scalar; TensorFlow takes it for one, too. */
function isOneValue(proto: TensorProto, dtype: DType, name: string): boolean {
  if (dtype === 'string') return proto.stringVal?.length === 1;
  if (proto.tensorContent !== undefined) return proto.tensorContent.length === bytesPerElement(dtype);
  return typedValues(proto, dtype, name)?.length === slotsPerElement(dtype);
}

function checkShape(shape: TensorShapeProto | undefined, name: string): readonly number[] {
  if (shape === undefined) {
    return refuseTensor(name, 'tensor_shape is missing; a scalar has one without dimensions');
  }
  if (shape.unknownRank) return refuseTensor(name, 'tensor_shape has unknown_rank; data has a known shape');
  if (shape.sizes.length > MAX_RANK) {
    return refuseTensor(name, `tensor_shape has ${shape.sizes.length} axes; at most ${MAX_RANK} are allowed`);
  }
  return shape.sizes;
}

function countElements(shape: readonly number[], dtype: DType, maxBytes: number, name: string): number {
  let elements = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis];
    if (size < 0) {
      refuseTensor(
        name,
        `shape ${formatShape(shape)} has the size ${size} on axis ${axis}; sizes are 0 or more`,
      );
    }
    elements *= size;
    if (!Number.isSafeInteger(size) || !Number.isSafeInteger(elements)) {
      refuseTensor(name, `shape ${formatShape(shape)} has more elements than can be counted (2^53 − 1)`);
    }
  }
  const bytes = elements * (dtype === 'string' ? BYTES_PER_STRING : bytesPerElement(dtype));
  if (bytes > maxBytes) {
    refuseTensor(
      name,
      `shape ${formatShape(shape)} of ${dtype} takes ${bytes} bytes; at most ${maxBytes} are allowed`,
    );
  }
  return elements;
}

function readContent<D extends NumericDType>(
  content: Uint8Array,
  dtype: D,
  shape: readonly number[],
  elements: number,
  name: string,
): DataOf[D] {
  const expected = elements * bytesPerElement(dtype);
  if (content.length !== expected) {
    refuseTensor(
      name,
      `tensor_content has ${content.length} bytes; shape ${formatShape(shape)} of ${dtype} takes ${expected}`,
    );
  }
  if (dtype === 'bool') {
    const index = content.findIndex((byte) => byte > 1);
    if (index >= 0) {
      refuseTensor(
        name,
        `byte ${content[index]} at index ${index} of tensor_content is no bool; allowed are 0 and 1`,
      );
    }
  }
  return viewData(dtype, content);
}

function readValues(
  proto: TensorProto,
  dtype: NumericDType,
  shape: readonly number[],
  elements: number,
  name: string,
): DataOf[NumericDType] {
  const values = typedValues(proto, dtype, name) as TypedArray | undefined;
  if (values === undefined) return allocateData(dtype, elements);
  const field = VALUE_FIELD_OF[dtype];
  const slots = slotsPerElement(dtype);
  if (values.length % slots !== 0) {
    refuseTensor(name, `scomplex_val has ${values.length} floats; an element takes two`);
  }
  if (values.length > elements * slots) refuseSurplus(values.length / slots, shape, elements, name);
  const narrow = dtype !== 'int32' && (field === 'intVal' || field === 'halfVal');
  // A field as wide as its dtype already is the data, unless values must be repeated.
  if (!narrow && values.length === elements * slots) return values;
  const data = allocateUnset(dtype, elements);
  if (narrow) copyNarrow(data, values as Int32Array, dtype, name);
  else (data as Float32Array).set(values as Float32Array);
  if (values.length < data.length) repeatLast(data, values.length / slots, slots);
  return data;
}

function readStrings(proto: TensorProto, elements: number, name: string): Uint8Array[] {
  if (proto.tensorContent !== undefined) return readStringContent(proto.tensorContent, elements, name);
  const values = typedValues(proto, 'string', name) as Uint8Array[] | undefined;
  if (values === undefined) return new Array<Uint8Array>(elements).fill(new Uint8Array(0));
  if (values.length > elements) refuseSurplus(values.length, proto.shape?.sizes ?? [], elements, name);
  if (values.length === elements) return values;
  return [...values, ...new Array<Uint8Array>(elements - values.length).fill(values[values.length - 1])];
}

function refuseSurplus(got: number, shape: readonly number[], elements: number, name: string): never {
  refuseTensor(name, `got ${got} values for the ${elements} elements of shape ${formatShape(shape)}`);
}

/**
 * The TensorProto of a tensor, as TensorFlow's `make_tensor_proto` writes it, which existing clients rely on: one element
 * goes into the dtype's own field, more than one into `tensor_content`, strings always into `string_val`; no element at
 * all leaves both empty. Shares the tensor's memory.
 */
export function toTensorProto(tensor: Tensor): TensorProto {
  const { dtype, shape } = tensor;
  const proto = new TensorProto();
  proto.dtype = DATA_TYPES[dtype];
  proto.shape = new TensorShapeProto(shape as number[]);
  if (dtype === 'string') {
    proto.stringVal = tensor.data as Uint8Array[];
    return proto;
  }
  const parts = partsOf(tensor);
  if (parts !== undefined) {
    proto.contentParts = parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    return proto;
  }
  const values = tensor.data as TypedArray;
  if (values.length > slotsPerElement(dtype)) {
    proto.tensorContent = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  } else if (values.length > 0) setOneValue(proto, dtype, values);
  return proto;
}

function setOneValue(proto: TensorProto, dtype: NumericDType, values: TypedArray): void {
  const field = VALUE_FIELD_OF[dtype];
  if (field === 'floatVal') proto.floatVal = values as Float32Array;
  else if (field === 'intVal' || field === 'halfVal') proto[field] = Int32Array.of(values[0] as number);
  else (proto[field] as TypedArray) = values;
}
