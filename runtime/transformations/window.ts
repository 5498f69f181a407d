import { z } from 'zod';
import { allocateSlots, copySlots, copySlotsPerElement, slotsOf } from '../tensor/slots';
import { axisLayout } from '../tensor/strides';
import { FormatError, withFormat, type Axis } from '../formats/format';
import { axisParameter } from './parameters';
import { requireAxis } from '../formats/symbolic-axis';
import { defineTensorTransformation } from './tensor-transformation';

/** Number of windows over an axis. @throws FormatError when there is none. */
function windowCount(length: Axis, size: number, stride: number): Axis {
  if (typeof length !== 'number') return `windows(${length},${size},${stride})`;
  if (length >= size) return Math.floor((length - size) / stride) + 1;
  throw new FormatError(`needs at least ${size} along the axis for one window, got ${length}`);
}

export const window = defineTensorTransformation({
  name: 'window',
  description:
    'Cuts an axis into sliding windows: [n, …] becomes [windows, size, …]. What is left at the end is dropped.',
  parameters: z.strictObject({
    size: z.int().min(1).describe('Length of a window'),
    stride: z.int().min(1).default(1).describe('Distance between the beginnings of two windows'),
    axis: axisParameter.default(0).describe('Axis that is cut; the windows get an axis before it'),
  }),
  format(input, { size, stride, axis }) {
    const changes = { layout: undefined };
    if (!input.shape) return withFormat(input, changes);
    const at = requireAxis(input.shape, axis);
    const shape = input.shape.toSpliced(at, 1, windowCount(input.shape[at], size, stride), size);
    return withFormat(input, { ...changes, shape });
  },
  apply(input, { size, stride, axis }) {
    const at = requireAxis(input.shape, axis);
    const { outer, size: length, inner } = axisLayout(input.shape, at);
    const windows = windowCount(length, size, stride) as number;
    const { result, slots } = allocateSlots(input.dtype, input.shape.toSpliced(at, 1, windows, size));
    const from = slotsOf(input);
    const row = inner * copySlotsPerElement(input.dtype);
    for (let o = 0, to = 0; o < outer; o++) {
      for (let w = 0; w < windows; w++, to += size * row) {
        copySlots(from, (o * length + w * stride) * row, slots, to, size * row);
      }
    }
    return result;
  },
});
