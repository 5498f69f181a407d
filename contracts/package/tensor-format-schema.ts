import { z } from 'zod';
import { DTYPES } from '../values/dtype';

const axis = z
  .union(
    [
      z.int().min(0),
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_.]*$/, 'an axis name is letters, digits, _ and ., no digit first'),
    ],
    {
      error: 'an axis is an integer ≥ 0, or a name for a size that is known only when data arrives',
    },
  )
  .describe('Size of the axis, or a name for a size that is known only when data arrives');

/** A tensor's format as a document writes it: `{ dtype: int16, shape: [9, 3], unit: tag }`. */
export const tensorFormatSchema = z.strictObject({
  dtype: z
    .enum(DTYPES)
    .optional()
    .describe("Element type; default: any number, converted to the model's where it enters the model"),
  shape: z.array(axis).max(16).describe('Sizes of the axes, outermost first; [] is a scalar'),
  unit: z.string().min(1).optional().describe('Unit of measurement'),
  layout: z.string().min(1).optional().describe('Meaning of the axes, e.g. HWC'),
  normalized: z.boolean().optional().describe('Whether the values are normalized as the model expects'),
  vectorLength: z
    .boolean()
    .optional()
    .describe('Whether the last axis holds vectors together with their lengths'),
});

export type TensorFormatDocument = z.infer<typeof tensorFormatSchema>;
