import { z } from 'zod';
import { componentNameSchema, componentVersionSchema, type ComponentKey } from './component-key';
import { listedPackageSchema } from './listed-package';
import { optionalText, text } from './text';

const metaSchema = z.object({
  library: optionalText.describe('Library that the model was made for'),
  description: optionalText,
});

/** Body of `POST /model`. */
export const newModelSchema = z
  .object({
    model_name: componentNameSchema,
    model_version: componentVersionSchema,
    meta: metaSchema.nullish(),
  })
  .transform(({ model_name, model_version, meta }) => ({
    key: { kind: 'model', name: model_name, version: model_version } satisfies ComponentKey,
    meta: meta ?? null,
  }));

/** Body of `PUT /model/meta/…`, which replaces the metadata as a whole. */
export const modelMetaSchema = metaSchema.transform((meta) => ({ id: undefined, meta }));

export const modelPathSchema = z
  .object({ name: text, version: text })
  .transform(({ name, version }): ComponentKey => ({ kind: 'model', name, version }));

/** Query of `GET /model/meta`. */
export const modelQuerySchema = z
  .object({ model_name: text, model_version: text })
  .transform(({ model_name, model_version }): ComponentKey => ({
    kind: 'model',
    name: model_name,
    version: model_version,
  }));

export const listedModelSchema = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    model_id: z.string().nullable().describe('Id of the stored package; null until there is one'),
    meta: z.object({ library: z.string().nullable(), description: z.string().nullable() }).nullable(),
  })
  .extend(listedPackageSchema.shape);
export type ListedModel = z.output<typeof listedModelSchema>;
