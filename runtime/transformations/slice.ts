import { z } from 'zod';
import { allocateSlots, copySlots, copySlotsPerElement, slotsOf } from '../tensor/slots';
import { axisLayout } from '../tensor/strides';
import { FormatError, withFormat, type Axis } from '../formats/format';
import { axisParameter } from './parameters';
import { requireAxis } from '../formats/symbolic-axis';
import { defineTensorTransformation } from './tensor-transformation';

interface Range {
  readonly start: number;
  readonly end?: number;
}

/** First index and length of the range in an axis of `size`. @throws FormatError when the range exceeds the axis. */
function placesOf(size: number, { start, end = size }: Range): { first: number; count: number } {
  const first = start < 0 ? start + size : start;
  const last = end < 0 ? end + size : end;
  if (first >= 0 && last <= size && first < last) return { first, count: last - first };
  throw new FormatError(`cannot take ${start} to ${end} of an axis of ${size}`);
}

/** Size of the range in an axis of unknown size. */
function symbolicCount(size: string, { start, end }: Range): Axis {
  if (end !== undefined && start < 0 === end < 0) return end - start;
  return `slice(${size},${start},${end ?? ''})`;
}

function slicedSize(size: Axis, range: Range): Axis {
  return typeof size === 'number' ? placesOf(size, range).count : symbolicCount(size, range);
}

export const slice = defineTensorTransformation({
  name: 'slice',
  description: 'Takes a range of an axis, for example one column or the last few rows.',
  parameters: z
    .strictObject({
      start: z.int().default(0).describe('First place that is taken; negative ones count from the end'),
      end: z
        .int()
        .optional()
        .describe(
          'First place that is not taken any more; negative ones count from the end; default: the end',
        ),
      axis: axisParameter.default(0).describe('Axis that is cut'),
    })
    .refine(({ start, end }) => end === undefined || start < 0 !== end < 0 || start < end, {
      message: 'must be after start',
      path: ['end'],
    }),
  format(input, { axis, ...range }) {
    if (!input.shape) return withFormat(input, { vectorLength: undefined });
    const at = requireAxis(input.shape, axis);
    return withFormat(input, {
      shape: input.shape.with(at, slicedSize(input.shape[at], range)),
      vectorLength: at === input.shape.length - 1 ? undefined : input.vectorLength,
    });
  },
  apply(input, { axis, ...range }) {
    const at = requireAxis(input.shape, axis);
    const { outer, size, inner } = axisLayout(input.shape, at);
    const { first, count } = placesOf(size, range);
    const { result, slots } = allocateSlots(input.dtype, input.shape.with(at, count));
    const from = slotsOf(input);
    const row = inner * copySlotsPerElement(input.dtype);
    for (let o = 0; o < outer; o++) {
      copySlots(from, (o * size + first) * row, slots, o * count * row, count * row);
    }
    return result;
  },
});
