import { z } from 'zod';
import { floatResult } from '../tensor/number-dtype';
import { numbersOf, requireNumberDType } from '../tensor/numbers';
import { allocateResult } from '../tensor/result-memory';
import { withFormat } from '../formats/format';
import { floatFormat } from '../formats/number-format';
import { defineTensorTransformation } from './tensor-transformation';

export const sigmoid = defineTensorTransformation({
  name: 'sigmoid',
  description: 'Turns each score into a probability, 1 / (1 + e^-x).',
  parameters: z.strictObject({}),
  format: (input) =>
    withFormat(input, {
      dtype: floatFormat(input),
      unit: undefined,
      normalized: undefined,
      vectorLength: undefined,
    }),
  apply(input) {
    const dtype = floatResult(requireNumberDType(input.dtype));
    const data = numbersOf(input);
    const out = allocateResult(dtype, data.length);
    for (let i = 0; i < out.length; i++) out[i] = 1 / (1 + Math.exp(-data[i]));
    return { dtype, shape: input.shape, data: out };
  },
});
