import { z } from 'zod';
import { withFormat } from '../formats/format';
import { defineTensorTransformation } from './tensor-transformation';

export const annotate = defineTensorTransformation({
  name: 'annotate',
  description: 'States what the author knows of the numbers and no step can know. The data stays as it is.',
  parameters: z.strictObject({
    unit: z.string().min(1).optional().describe('Unit of measurement'),
    layout: z.string().min(1).optional().describe('Meaning of the axes, e.g. NCHW'),
    normalized: z.boolean().optional().describe('Whether the values are normalized as the model expects'),
    vectorLength: z
      .boolean()
      .optional()
      .describe('Whether the last axis holds vectors together with their lengths'),
  }),
  format: (input, attributes) => withFormat(input, attributes),
  apply: (input) => input,
});
