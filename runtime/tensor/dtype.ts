import { type DTYPES } from '../../contracts/values/dtype';

export type DType = (typeof DTYPES)[number];

/**
 * Array type of each dtype.
 * `float16` and `bfloat16` are bit patterns; `bool` is 0 or 1; `complex64` is two floats per element (real, imaginary);
 * `string` elements are bytes, as on the wire (an encoded picture is one).
 */
export interface DataOf {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  string: Uint8Array[];
  complex64: Float32Array;
}

export type NumericDType = Exclude<DType, 'string'>;
export type TypedArray = DataOf[NumericDType];
export type IntegerDType = 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'uint32' | 'uint64';

export interface TypedArrayConstructor {
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

const CONSTRUCTORS: Record<NumericDType, TypedArrayConstructor> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
  complex64: Float32Array,
};

export function arrayConstructor(dtype: NumericDType): TypedArrayConstructor {
  return CONSTRUCTORS[dtype];
}

/** Array slots per element: 2 for complex numbers, 1 otherwise. */
export function slotsPerElement(dtype: DType): 1 | 2 {
  return dtype === 'complex64' ? 2 : 1;
}

/** Bytes per element, on the wire and in memory. */
export function bytesPerElement(dtype: NumericDType): number {
  return CONSTRUCTORS[dtype].BYTES_PER_ELEMENT * slotsPerElement(dtype);
}

/** Zeros (or empty strings) for `elements` elements of `dtype`. */
export function allocateData<D extends DType>(dtype: D, elements: number): DataOf[D] {
  return allocate(dtype, elements) as DataOf[D];
}

function allocate(dtype: DType, elements: number): DataOf[DType] {
  if (dtype === 'string') return Array.from({ length: elements }, () => new Uint8Array(0));
  return new CONSTRUCTORS[dtype](elements * slotsPerElement(dtype));
}

/**
 * Uninitialized memory for `elements` elements; the caller writes all of them.
 *
 * V8 allocates a typed array of more than 64 bytes outside its heap, at close to a microsecond; a view of Node's buffer pool
 * costs a tenth. Small results share the pool's buffer: copy them for another thread, because the pool cannot be transferred.
 */
export function allocateUnset<D extends NumericDType>(dtype: D, elements: number): DataOf[D] {
  const constructor = CONSTRUCTORS[dtype];
  const length = elements * slotsPerElement(dtype);
  const { buffer, byteOffset } = Buffer.allocUnsafe(length * constructor.BYTES_PER_ELEMENT);
  // Node aligns its pool to eight bytes, as an implementation detail.
  if (byteOffset % constructor.BYTES_PER_ELEMENT !== 0) return new constructor(length) as DataOf[D];
  return new constructor(buffer, byteOffset, length) as DataOf[D];
}

/**
 * The little-endian elements in `bytes`: a view if they are aligned, else a copy. The caller has checked that the byte
 * count fits.
 */
export function viewData<D extends NumericDType>(dtype: D, bytes: Uint8Array): DataOf[D] {
  const constructor = CONSTRUCTORS[dtype];
  const length = bytes.byteLength / constructor.BYTES_PER_ELEMENT;
  if (bytes.byteOffset % constructor.BYTES_PER_ELEMENT === 0) {
    return new constructor(bytes.buffer, bytes.byteOffset, length) as DataOf[D];
  }
  const copy = allocateUnset(dtype, length / slotsPerElement(dtype));
  new Uint8Array(copy.buffer, copy.byteOffset, bytes.byteLength).set(bytes);
  return copy;
}

const INTEGER_RANGES: Record<IntegerDType, readonly [bigint, bigint]> = {
  int8: [-128n, 127n],
  int16: [-32768n, 32767n],
  int32: [-2147483648n, 2147483647n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 255n],
  uint16: [0n, 65535n],
  uint32: [0n, 4294967295n],
  uint64: [0n, 2n ** 64n - 1n],
};

export function isInteger(dtype: DType): dtype is IntegerDType {
  return dtype in INTEGER_RANGES;
}

/** Smallest and largest value of an integer dtype. */
export function integerRange(dtype: IntegerDType): readonly [bigint, bigint] {
  return INTEGER_RANGES[dtype];
}
