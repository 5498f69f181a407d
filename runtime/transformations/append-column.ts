import { z } from 'zod';
import { castTensor } from '../tensor/cast';
import { type DType } from '../tensor/dtype';
import { floatResult, isNumberDType } from '../tensor/number-dtype';
import { formatShape } from '../tensor/shape';
import { allocateSlots, copySlots, copySlotsPerElement, slotsOf } from '../tensor/slots';
import { axisLayout } from '../tensor/strides';
import { type Tensor } from '../tensor/tensor';
import { formatNamed, tensorNamed } from './flow-values';
import { FormatError, withFormat, type Axis } from '../formats/format';
import { axisParameter, valueName } from './parameters';
import { requireAxis, requireNewAxis, shapesMayEqual, sumAxes } from '../formats/symbolic-axis';
import { defineBuiltInFlow } from './tensor-transformation';
import { lengthsName } from './vector-length';

/** Equal dtypes stay; numbers of two dtypes become a float dtype, as in NumPy. */
function commonDType(a: DType, b: DType): DType {
  if (a === b) return a;
  if (!isNumberDType(a) || !isNumberDType(b)) throw new FormatError(`cannot join ${a} with ${b}`);
  return a === 'float64' || b === 'float64' ? 'float64' : floatResult(a);
}

/** `shape` with one more row along `axis`. @throws FormatError when the column does not fit beside it. */
function appendedShape<A extends Axis>(
  shape: readonly A[],
  column: readonly Axis[],
  axis: number,
  columnAxis: number,
): { shape: Axis[]; axis: number } {
  const at = requireAxis(shape, axis);
  const columnShape = [...column];
  if (column.length === shape.length - 1) columnShape.splice(requireNewAxis(column, columnAxis), 0, 1);
  const expected: Axis[] = [...shape];
  expected[at] = 1;
  if (!shapesMayEqual(columnShape, expected)) {
    const short = expected.filter((_, i) => i !== at);
    throw new FormatError(
      `the column must be ${formatShape(short)} or ${formatShape(expected)} to go beside ${formatShape(shape)}, got ${formatShape(column)}`,
    );
  }
  const result: Axis[] = [...shape];
  result[at] = sumAxes([shape[at], 1]);
  return { shape: result, axis: at };
}

function append(matrix: Tensor, column: Tensor, axis: number, columnAxis: number): Tensor {
  const appended = appendedShape(matrix.shape, column.shape, axis, columnAxis);
  const dtype = commonDType(matrix.dtype, column.dtype);
  const from = slotsOf(castTensor(matrix, dtype));
  const last = slotsOf(castTensor(column, dtype));
  const { outer, size, inner } = axisLayout(matrix.shape, appended.axis);
  const { result, slots } = allocateSlots(dtype, appended.shape as number[]);
  const row = inner * copySlotsPerElement(dtype);
  for (let o = 0, at = 0; o < outer; o++) {
    copySlots(from, o * size * row, slots, at, size * row);
    at += size * row;
    copySlots(last, o * row, slots, at, row);
    at += row;
  }
  return result;
}

export const appendColumn = defineBuiltInFlow({
  name: 'append-column',
  description:
    'Appends a value (by default the lengths that vector-length added) as one more column, and drops it from the flow. Numbers of two dtypes meet in a float one.',
  parameters: z.strictObject({
    axis: axisParameter.default(1).describe('Axis that grows by one'),
    column: valueName.optional().describe('Value to append; default: `<on>.length`'),
    columnAxis: axisParameter
      .optional()
      .describe('Where a column of one axis less gets its new axis; default: axis'),
  }),
  format(flow, { axis, column, columnAxis = axis }, { on, as }) {
    const name = column ?? lengthsName(on);
    if (name === on) throw new FormatError(`cannot append "${on}" to itself`);
    const matrix = formatNamed(flow, on);
    const added = formatNamed(flow, name);
    const dtype = matrix.dtype && added.dtype && commonDType(matrix.dtype, added.dtype);
    const shape =
      matrix.shape && added.shape && appendedShape(matrix.shape, added.shape, axis, columnAxis).shape;
    const unit = matrix.unit === added.unit ? matrix.unit : undefined;
    const next = new Map(flow).set(as, withFormat(matrix, { dtype, shape, unit }));
    next.delete(name);
    return next;
  },
  apply(flow, { axis, column, columnAxis = axis }, { on, as }) {
    const name = column ?? lengthsName(on);
    const appended = append(tensorNamed(flow, on), tensorNamed(flow, name), axis, columnAxis);
    const next = new Map(flow).set(as, appended);
    next.delete(name);
    return next;
  },
});
