import { z } from 'zod';
import { floatResult } from '../tensor/number-dtype';
import { numbersOf, requireNumberDType } from '../tensor/numbers';
import { allocateResult } from '../tensor/result-memory';
import { axisLayout } from '../tensor/strides';
import { withFormat } from '../formats/format';
import { floatFormat } from '../formats/number-format';
import { axisParameter } from './parameters';
import { requireAxis } from '../formats/symbolic-axis';
import { defineTensorTransformation } from './tensor-transformation';

export const softmax = defineTensorTransformation({
  name: 'softmax',
  description: 'Turns scores along an axis into probabilities that add up to 1.',
  parameters: z.strictObject({
    axis: axisParameter.default(-1).describe('Axis along which the probabilities add up to 1'),
  }),
  format(input, { axis }) {
    if (input.shape) requireAxis(input.shape, axis);
    return withFormat(input, {
      dtype: floatFormat(input),
      unit: undefined,
      normalized: undefined,
      vectorLength: undefined,
    });
  },
  apply(input, { axis }) {
    const { outer, size, inner } = axisLayout(input.shape, requireAxis(input.shape, axis));
    const dtype = floatResult(requireNumberDType(input.dtype));
    const data = numbersOf(input);
    const out = allocateResult(dtype, data.length);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const start = o * size * inner + i;
        const end = start + size * inner;
        // Subtracting the largest score keeps exp() from overflowing.
        let largest = -Infinity;
        for (let at = start; at < end; at += inner) if (data[at] > largest) largest = data[at];
        let sum = 0;
        for (let at = start; at < end; at += inner) sum += Math.exp(data[at] - largest);
        for (let at = start; at < end; at += inner) out[at] = Math.exp(data[at] - largest) / sum;
      }
    }
    return { dtype, shape: input.shape, data: out };
  },
});
