import { floatResult, isNumberDType, type FloatDType, type NumberDType } from '../tensor/number-dtype';
import { describeFormat, FormatError, type TensorFormat } from './format';

/** The dtype of numbers; `undefined` if unknown until data arrives. @throws FormatError for other dtypes. */
export function requireNumbers(format: TensorFormat): NumberDType | undefined {
  const { dtype } = format;
  if (dtype === undefined || isNumberDType(dtype)) return dtype;
  throw new FormatError(`needs numbers, got ${describeFormat(format)}`);
}

/** The dtype of real numbers computed from numbers of this format; see {@link floatResult}. */
export function floatFormat(format: TensorFormat): FloatDType | undefined {
  const dtype = requireNumbers(format);
  return dtype && floatResult(dtype);
}
