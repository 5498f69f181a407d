import { z } from 'zod';
import { type TypedArray } from '../../tensor/dtype';
import { allocateSlots, copySlots, copySlotsPerElement, slotsOf } from '../../tensor/slots';
import { axisLayout } from '../../tensor/strides';
import { FormatError, type Axis } from '../../formats/format';
import { axisParameter } from '../parameters';
import { requireAxis } from '../../formats/symbolic-axis';
import { defineTensorTransformation } from '../tensor-transformation';

function requireChannels(shape: readonly Axis[], axis: number, order: readonly number[]): number {
  const at = requireAxis(shape, axis);
  const channels = shape[at];
  if (typeof channels === 'number' && order.some((channel) => channel >= channels)) {
    throw new FormatError(`cannot take channels ${order.join(', ')} of ${channels}`);
  }
  return at;
}

export const colourOrder = defineTensorTransformation({
  name: 'colour-order',
  description: 'Takes the channels of a picture in another order: RGB becomes BGR, or RGBA becomes RGB.',
  parameters: z.strictObject({
    order: z
      .array(z.int().min(0).max(15))
      .min(1)
      .max(16)
      .default([2, 1, 0])
      .describe('Channels of the input in the order of the result'),
    axis: axisParameter.default(-1).describe('Axis of the channels: -1 in HWC, 0 in CHW'),
  }),
  format(input, { order, axis }) {
    if (!input.shape) return input;
    return { ...input, shape: input.shape.with(requireChannels(input.shape, axis, order), order.length) };
  },
  apply(input, { order, axis }) {
    const at = requireChannels(input.shape, axis, order);
    const { outer, size, inner } = axisLayout(input.shape, at);
    const { result, slots } = allocateSlots(input.dtype, input.shape.with(at, order.length));
    const from = slotsOf(input) as Exclude<TypedArray, BigInt64Array | BigUint64Array>;
    const row = inner * copySlotsPerElement(input.dtype);
    const step = order.length * row;
    order.forEach((channel, place) => {
      for (let o = 0; o < outer; o++) {
        const start = o * size * row + channel * row;
        if (row === 1) slots[o * step + place] = from[start];
        else copySlots(from, start, slots, o * step + place * row, row);
      }
    });
    return result;
  },
});
