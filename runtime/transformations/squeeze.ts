import { z } from 'zod';
import { formatShape } from '../tensor/shape';
import { FormatError, withFormat, type Axis } from '../formats/format';
import { permutedLayout } from '../formats/layout';
import { axisParameter } from './parameters';
import { requireAxis } from '../formats/symbolic-axis';
import { defineTensorTransformation } from './tensor-transformation';

/** The axes to keep. */
function keptAxes(shape: readonly Axis[], axis: number | undefined): number[] {
  const axes = shape.map((_, i) => i);
  if (axis === undefined) {
    const unknown = shape.find((size) => typeof size !== 'number');
    if (unknown === undefined) return axes.filter((i) => shape[i] !== 1);
    throw new FormatError(
      `cannot know which axes of ${formatShape(shape)} are 1 before data arrives; name the one to remove with axis`,
    );
  }
  const removed = requireAxis(shape, axis);
  if (typeof shape[removed] === 'number' && shape[removed] !== 1) {
    throw new FormatError(`cannot remove axis ${axis} of ${formatShape(shape)}: its size is not 1`);
  }
  return axes.filter((i) => i !== removed);
}

export const squeeze = defineTensorTransformation({
  name: 'squeeze',
  description: 'Removes an axis of size 1, or all of them.',
  parameters: z.strictObject({
    axis: axisParameter.optional().describe('Axis to remove; default: every axis of size 1'),
  }),
  format(input, { axis }) {
    if (!input.shape) return withFormat(input, { layout: undefined });
    const kept = keptAxes(input.shape, axis);
    return withFormat(input, {
      shape: kept.map((i) => input.shape![i]),
      layout: permutedLayout(input, kept),
      vectorLength: kept.at(-1) === input.shape.length - 1 ? input.vectorLength : undefined,
    });
  },
  apply(input, { axis }) {
    return { ...input, shape: keptAxes(input.shape, axis).map((i) => input.shape[i]) };
  },
});
