import { type DType, type NumericDType } from './dtype';

/** Dtypes whose elements are single, ordered numbers: all but strings and complex numbers. */
export type NumberDType = Exclude<NumericDType, 'complex64'>;

export function isNumberDType(dtype: DType): dtype is NumberDType {
  return dtype !== 'string' && dtype !== 'complex64';
}

export type FloatDType = 'float32' | 'float64';

/**
 * Dtype of a computed real number: float64 stays, everything else becomes float32. Integers beyond 2^24 are rounded to
 * float32's 24 bits then; who needs more casts to float64 first.
 */
export function floatResult(dtype: NumberDType): FloatDType {
  return dtype === 'float64' ? 'float64' : 'float32';
}
