import { z } from 'zod';
import { identifiedComponentSchemas } from './identified-component';
import { optionalTexts, text } from './text';

const gigabytes = z.coerce
  .number<number | string>()
  .min(0)
  .nullish()
  .transform((value) => value ?? null);

/** What a component needs of the machine that runs it; what is not said is listed as null. */
const needsSchema = z.object({
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

const optionalNeedsSchema = needsSchema.nullish().transform((value) => value ?? null);

export const postedCodeFields = {
  parameter_types: optionalTexts.describe('Parameters and their types'),
  default_values: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? null)
    .describe('Values of the parameters that have one'),
  outputs: z
    .array(text)
    .nullish()
    .transform((value) => value ?? null)
    .describe('Outputs and their types'),
  needs: optionalNeedsSchema,
};

export const listedCodeFields = {
  parameter_types: z.record(z.string(), z.string()).nullable(),
  default_values: z.record(z.string(), z.unknown()).nullable(),
  outputs: z.array(z.string()).nullable(),
  needs: z
    .object({
      storage: z.number().nullable(),
      RAM: z.number().nullable(),
      GPU: z.boolean().nullable(),
      preinstalled_libraries: z.record(z.string(), z.string()).nullable(),
      available_models: z.record(z.string(), z.string()).nullable(),
    })
    .nullable(),
};

export const transformationSchemas = identifiedComponentSchemas('transformation', {
  posted: postedCodeFields,
  listed: listedCodeFields,
});
export type ListedTransformation = z.output<typeof transformationSchemas.listed>;
