import { z } from 'zod';
import { identifiedComponentSchemas } from './identified-component';
import { optionalText } from './text';
import { listedCodeFields, postedCodeFields } from './transformation';

export const inferencerSchemas = identifiedComponentSchemas('inferencer', {
  posted: {
    ...postedCodeFields,
    library: optionalText.describe('Library that the inferencer runs models with'),
    use_cuda: z
      .boolean()
      .nullish()
      .transform((value) => value ?? null),
  },
  listed: { ...listedCodeFields, library: z.string().nullable(), use_cuda: z.boolean().nullable() },
});
export type ListedInferencer = z.output<typeof inferencerSchemas.listed>;
