import { z } from 'zod';
import { withFormat, type Axis } from '../formats/format';
import { axisParameter } from './parameters';
import { requireNewAxis } from '../formats/symbolic-axis';
import { defineTensorTransformation } from './tensor-transformation';

function expandedShape<A extends Axis>(shape: readonly A[], axis: number): (A | 1)[] {
  const result: (A | 1)[] = [...shape];
  result.splice(requireNewAxis(shape, axis), 0, 1);
  return result;
}

export const expand = defineTensorTransformation({
  name: 'expand',
  description: 'Inserts an axis of size 1, for example the batch axis that a model expects.',
  parameters: z.strictObject({
    axis: axisParameter.default(0).describe('Where the new axis goes in the result'),
  }),
  format: (input, { axis }) =>
    withFormat(input, {
      shape: input.shape && expandedShape(input.shape, axis),
      layout: input.layout !== undefined && axis === 0 ? `N${input.layout}` : undefined,
      vectorLength: axis === -1 || axis === input.shape?.length ? undefined : input.vectorLength,
    }),
  apply: (input, { axis }) => ({ ...input, shape: expandedShape<number>(input.shape, axis) }),
});
