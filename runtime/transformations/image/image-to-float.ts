import { z } from 'zod';
import { numbersOf } from '../../tensor/numbers';
import { withFormat } from '../../formats/format';
import { requireNumbers } from '../../formats/number-format';
import { defineTensorTransformation } from '../tensor-transformation';

export const imageToFloat = defineTensorTransformation({
  name: 'image-to-float',
  description: 'Pixels as float32, divided: bytes of 0 to 255 become 0 to 1.',
  parameters: z.strictObject({
    divisor: z
      .number()
      .refine((value) => value !== 0, 'nothing can be divided by 0')
      .meta({ not: { const: 0 } })
      .default(255)
      .describe('What to divide by; 1 leaves the numbers as they are'),
  }),
  format(input) {
    requireNumbers(input);
    return withFormat(input, { dtype: 'float32', normalized: undefined });
  },
  apply(input, { divisor }) {
    const data = numbersOf(input);
    const out = new Float32Array(data.length);
    for (let i = 0; i < out.length; i++) out[i] = data[i] / divisor;
    return { dtype: 'float32', shape: input.shape, data: out };
  },
});
