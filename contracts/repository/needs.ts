import { z } from 'zod';
import { optionalTexts } from './text';

const gigabytes = z.coerce
  .number<number | string>()
  .min(0)
  .nullish()
  .transform((value) => value ?? null);

/** What a component needs of the machine that runs it; what is not said is listed as null. */
export const needsSchema = z.object({
  storage: gigabytes.describe('Gigabytes of storage'),
  RAM: gigabytes.describe('Gigabytes of memory'),
  GPU: z
    .boolean()
    .nullish()
    .transform((value) => value ?? null)
    .describe('Whether a GPU is needed'),
  preinstalled_libraries: optionalTexts.describe('Libraries and their versions'),
  available_models: optionalTexts.describe('Models and their versions'),
});

export const optionalNeedsSchema = needsSchema.nullish().transform((value) => value ?? null);
