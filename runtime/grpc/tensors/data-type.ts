import { type DType } from '../../tensor/dtype';

/** TensorFlow's DataType numbers of the dtypes. */
export const DATA_TYPES: Readonly<Record<DType, number>> = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  int16: 5,
  int8: 6,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  uint16: 17,
  float16: 19,
  uint32: 22,
  uint64: 23,
};

const DTYPES_BY_NUMBER: (DType | undefined)[] = new Array<DType | undefined>(24).fill(undefined);
for (const [dtype, number] of Object.entries(DATA_TYPES)) DTYPES_BY_NUMBER[number] = dtype as DType;

/** The dtype of a DataType number; undefined for one that is unknown or not supported. */
export function dtypeOf(dataType: number): DType | undefined {
  return DTYPES_BY_NUMBER[dataType];
}

/** `1 float32, 2 float64, …`, for messages. */
export function listDataTypes(): string {
  return DTYPES_BY_NUMBER.flatMap((dtype, number) => (dtype === undefined ? [] : `${number} ${dtype}`)).join(
    ', ',
  );
}
