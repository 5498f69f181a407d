/** `tensorflow.TensorShapeProto`. */
export class TensorShapeProto {
  /** Outermost first. A size that is no safe integer (it was beyond 2^53) is the number nearest to it. */
  sizes: number[] = [];
  /** Names of the axes, if any has one; as long as `sizes` then. */
  names: string[] | undefined = undefined;
  unknownRank = false;

  constructor(sizes: number[] = []) {
    this.sizes = sizes;
  }
}

/**
 * `tensorflow.TensorProto` as it is on the wire, unchecked. Fields that are absent (or empty) are undefined. Bytes are views
 * on the message. A class, so that all of them have one layout in memory.
 */
export class TensorProto {
  /** Number of the DataType. */
  dtype = 0;
  shape: TensorShapeProto | undefined = undefined;
  versionNumber = 0;
  tensorContent: Uint8Array | undefined = undefined;
  /** In place of `tensorContent`, in a tensor that is to be written: its bytes where they lie apart. */
  contentParts: readonly Uint8Array[] | undefined = undefined;
  floatVal: Float32Array | undefined = undefined;
  doubleVal: Float64Array | undefined = undefined;
  intVal: Int32Array | undefined = undefined;
  stringVal: Uint8Array[] | undefined = undefined;
  /** Real and imaginary parts in turn. */
  scomplexVal: Float32Array | undefined = undefined;
  int64Val: BigInt64Array | undefined = undefined;
  /** 0 or 1 each. */
  boolVal: Uint8Array | undefined = undefined;
  dcomplexVal: Float64Array | undefined = undefined;
  /** Bits of float16 or bfloat16 numbers; 32 bits wide on the wire. */
  halfVal: Int32Array | undefined = undefined;
  uint32Val: Uint32Array | undefined = undefined;
  uint64Val: BigUint64Array | undefined = undefined;
}

/** Field numbers of TensorProto. */
export const DTYPE = 1;
export const TENSOR_SHAPE = 2;
export const VERSION_NUMBER = 3;
export const TENSOR_CONTENT = 4;
export const FLOAT_VAL = 5;
export const DOUBLE_VAL = 6;
export const INT_VAL = 7;
export const STRING_VAL = 8;
export const SCOMPLEX_VAL = 9;
export const INT64_VAL = 10;
export const BOOL_VAL = 11;
export const DCOMPLEX_VAL = 12;
export const HALF_VAL = 13;
export const UINT32_VAL = 16;
export const UINT64_VAL = 17;
