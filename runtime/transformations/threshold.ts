import { z } from 'zod';
import { numbersOf } from '../tensor/numbers';
import { requireNumbers } from '../formats/number-format';
import { defineTensorTransformation } from './tensor-transformation';

export const threshold = defineTensorTransformation({
  name: 'threshold',
  description: 'Whether each number is above a limit, as bool. NaN is not.',
  parameters: z.strictObject({
    above: z.number().describe('The limit; the limit itself is not above it'),
  }),
  format(input) {
    requireNumbers(input);
    return {
      kind: 'tensor',
      dtype: 'bool',
      shape: input.shape,
      ...(input.layout !== undefined && { layout: input.layout }),
    };
  },
  apply(input, { above }) {
    const data = numbersOf(input);
    const out = new Uint8Array(data.length);
    for (let i = 0; i < out.length; i++) out[i] = data[i] > above ? 1 : 0;
    return { dtype: 'bool', shape: input.shape, data: out };
  },
});
