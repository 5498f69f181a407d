import { z } from 'zod';
import { formatShape } from '../tensor/shape';
import { allocateSlots, copySlotsPerElement, slotsOf, type SlotArray } from '../tensor/slots';
import { stridesOf } from '../tensor/strides';
import { FormatError, withFormat, type Axis } from '../formats/format';
import { permutedLayout } from '../formats/layout';
import { defineTensorTransformation } from './tensor-transformation';

/** The input's axes in the order of the result. */
function axisOrder(shape: readonly Axis[], axes: readonly number[] | undefined): readonly number[] {
  if (!axes) return shape.map((_, i) => shape.length - 1 - i);
  if (axes.length === shape.length) return axes;
  throw new FormatError(`reorders ${axes.length} axes, got ${formatShape(shape)}, which has ${shape.length}`);
}

/**
 * Fills `to` in order, reading `from` with the given `sizes` and strides `steps` (outermost first).
 */
function gather(
  from: SlotArray,
  to: SlotArray,
  sizes: readonly number[],
  steps: readonly number[],
  slots: 1 | 2,
): void {
  const source = from as Float32Array;
  const target = to as Float32Array;
  const last = sizes.length - 1;
  const innerSize = sizes[last];
  const innerStep = steps[last];
  const position = new Array<number>(last).fill(0);
  let start = 0;
  for (let at = 0; at < target.length;) {
    for (let i = 0, read = start; i < innerSize; i++, read += innerStep) {
      target[at++] = source[read];
      if (slots === 2) target[at++] = source[read + 1];
    }
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      start += steps[axis];
      if (++position[axis] < sizes[axis]) break;
      start -= sizes[axis] * steps[axis];
      position[axis] = 0;
    }
    if (axis < 0) return;
  }
}

export const transpose = defineTensorTransformation({
  name: 'transpose',
  description: 'Reorders the axes, for example a picture from HWC to CHW.',
  parameters: z.strictObject({
    axes: z
      .array(z.int().min(0).max(15))
      .min(1)
      .refine((axes) => [...axes].sort((a, b) => a - b).every((axis, i) => axis === i), {
        message: 'must name each axis from 0 on once, e.g. [2, 0, 1]',
      })
      .meta({ uniqueItems: true })
      .optional()
      .describe("The input's axes in the order of the result; default: reversed"),
  }),
  format(input, { axes }) {
    if (!input.shape) return withFormat(input, { layout: undefined });
    const order = axisOrder(input.shape, axes);
    return withFormat(input, {
      shape: order.map((axis) => input.shape![axis]),
      layout: permutedLayout(input, order),
      vectorLength: order.at(-1) === input.shape.length - 1 ? input.vectorLength : undefined,
    });
  },
  apply(input, { axes }) {
    const order = axisOrder(input.shape, axes);
    const { result, slots } = allocateSlots(
      input.dtype,
      order.map((axis) => input.shape[axis]),
    );
    const perElement = copySlotsPerElement(input.dtype);
    const strides = stridesOf(input.shape);
    if (order.length === 0) return input;
    gather(
      slotsOf(input),
      slots,
      result.shape,
      order.map((axis) => strides[axis] * perElement),
      perElement,
    );
    return result;
  },
});
