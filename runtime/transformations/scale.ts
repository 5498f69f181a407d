import { z } from 'zod';
import { floatResult } from '../tensor/number-dtype';
import { numbersOf, requireNumberDType } from '../tensor/numbers';
import { allocateResult } from '../tensor/result-memory';
import { withFormat } from '../formats/format';
import { floatFormat } from '../formats/number-format';
import { defineTensorTransformation } from './tensor-transformation';

export const scale = defineTensorTransformation({
  name: 'scale',
  description: 'Multiplies every number by a factor. float64 stays, every other dtype becomes float32.',
  parameters: z.strictObject({
    factor: z.number().describe('What to multiply by'),
    unit: z.string().min(1).optional().describe('Unit of the result; without it the unit is no longer known'),
  }),
  format: (input, { unit }) => withFormat(input, { dtype: floatFormat(input), unit, normalized: undefined }),
  apply(input, { factor }) {
    const dtype = floatResult(requireNumberDType(input.dtype));
    const data = numbersOf(input);
    const out = allocateResult(dtype, data.length);
    for (let i = 0; i < out.length; i++) out[i] = data[i] * factor;
    return { dtype, shape: input.shape, data: out };
  },
});
