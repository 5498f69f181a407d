import { type DType, type TypedArray } from '../../tensor/dtype';
import { type TensorProto } from '../codec/tensor-proto';
import { refuseTensor } from './tensor-refusal';

/** Fields of a TensorProto that carry elements one by one. */
const VALUE_FIELDS = [
  'floatVal',
  'doubleVal',
  'intVal',
  'stringVal',
  'scomplexVal',
  'int64Val',
  'boolVal',
  'dcomplexVal',
  'halfVal',
  'uint32Val',
  'uint64Val',
] as const satisfies readonly (keyof TensorProto)[];

type ValueField = (typeof VALUE_FIELDS)[number];

/** The field that carries the elements of each dtype. */
export const VALUE_FIELD_OF: Readonly<Record<DType, ValueField>> = {
  float32: 'floatVal',
  float64: 'doubleVal',
  int8: 'intVal',
  int16: 'intVal',
  int32: 'intVal',
  uint8: 'intVal',
  uint16: 'intVal',
  float16: 'halfVal',
  bfloat16: 'halfVal',
  string: 'stringVal',
  complex64: 'scomplexVal',
  int64: 'int64Val',
  bool: 'boolVal',
  uint32: 'uint32Val',
  uint64: 'uint64Val',
};

/** `intVal` as the proto spells it: `int_val`. */
function protoName(field: ValueField): string {
  return field.replace('Val', '_val');
}

/**
 * The values of the dtype's own field, as they are on the wire; undefined when there are none at all.
 * Values in another field only are refused: TensorFlow would read them as zeros, which no sender means.
 */
export function typedValues(proto: TensorProto, dtype: DType, name: string): TensorProto[ValueField] {
  const field = VALUE_FIELD_OF[dtype];
  const values = proto[field];
  if (values !== undefined && values.length > 0) return values;
  for (const other of VALUE_FIELDS) {
    const stray = proto[other];
    if (stray !== undefined && stray.length > 0) {
      refuseTensor(
        name,
        `its ${stray.length} values are in ${protoName(other)}, those of dtype ${dtype} belong into ${protoName(field)}`,
      );
    }
  }
  return undefined;
}

/** Bounds of the dtypes whose wire field is wider than they are. Half floats are 16 bits of a pattern. */
const NARROW_BOUNDS: Partial<Record<DType, readonly [number, number]>> = {
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  uint8: [0, 0xff],
  uint16: [0, 0xffff],
  float16: [0, 0xffff],
  bfloat16: [0, 0xffff],
};

/** Copies values of a wider wire field to the front of `data`; refuses those that the dtype cannot hold. */
export function copyNarrow(data: TypedArray, values: Int32Array, dtype: DType, name: string): void {
  const [low, high] = NARROW_BOUNDS[dtype] ?? [-0x8000_0000, 0x7fff_ffff];
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value < low || value > high) {
      refuseTensor(
        name,
        `value ${value} at index ${index} is outside ${dtype}, which takes ${low} to ${high}`,
      );
    }
    data[index] = value;
  }
}

/** Repeats the last of the first `given` elements to the end of `data`. */
export function repeatLast(data: TypedArray, given: number, slots: number): void {
  const filled = given * slots;
  if (slots === 1) (data as Int32Array).fill((data as Int32Array)[filled - 1], filled);
  else for (let index = filled; index < data.length; index++) data[index] = data[index - slots];
}
