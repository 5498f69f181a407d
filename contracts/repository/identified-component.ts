import { z } from 'zod';
import { componentNameSchema, type ComponentKey, type ComponentKind } from './component-key';
import { listedPackageSchema } from './listed-package';
import { optionalText, text } from './text';

/** Fields that every component with an id has, as `POST` takes them and as lists show them. */
const posted = { id: componentNameSchema, description: optionalText };
const listed = {
  id: z.string(),
  description: z.string().nullable(),
  storage_id: z.string().nullable().describe('Id of the stored package; null until there is one'),
  ...listedPackageSchema.shape,
};

/**
 * The schemas of a kind whose components are named by an id alone: body of `POST`, body of `PUT …/meta`, path, and what
 * lists show. `fields` are those that the kind has beside id and description.
 */
export function identifiedComponentSchemas<P extends z.ZodRawShape, L extends z.ZodRawShape>(
  kind: ComponentKind,
  fields: { readonly posted: P; readonly listed: L },
) {
  const whole = z.object({ ...posted, ...fields.posted });
  const keyOf = (name: string): ComponentKey => ({ kind, name, version: '' });
  return {
    creation: whole.transform((body) => {
      const { id, ...meta } = body as { id: string } & Record<string, unknown>;
      return { key: keyOf(id), meta };
    }),
    meta: z.object({ ...posted, ...fields.posted, id: componentNameSchema.optional() }).transform((body) => {
      const { id, ...meta } = body as { id?: string } & Record<string, unknown>;
      return { id, meta };
    }),
    path: z.object({ id: text }).transform(({ id }) => keyOf(id)),
    listed: z.object({ ...listed, ...fields.listed }),
  };
}
