import { type DType, type NumericDType } from './dtype';

/** Dtypes whose elements are single, ordered numbers: all but strings and complex numbers. */
export type NumberDType = Exclude<NumericDType, 'complex64'>;

export function isNumberDType(dtype: DType): dtype is NumberDType {
  return dtype !== 'string' && dtype !== 'complex64';
}

export type FloatDType = 'float32' | 'float64';

/**
 * Dtype of a computed real number: float64 stays, everything else becomes float32, which rounds integers beyond 2^24; cast
 * to float64 first to keep them.
 */
export function floatResult(dtype: NumberDType): FloatDType {
  return dtype === 'float64' ? 'float64' : 'float32';
}
