import { z } from 'zod';
import {
  COMPONENT_KINDS,
  componentNameSchema,
  componentVersionSchema,
} from '../../contracts/repository/component-key';
import { sha256Schema, signatureSchema } from '../../contracts/repository/listed-package';

/** First entry of an archive: what is in it. */
export const INDEX_ENTRY = 'components.json';

/** Where an archive has the package with this digest. */
export function packageEntry(sha256: string): string {
  return `packages/${sha256}`;
}

const archivedComponentSchema = z.object({
  kind: z.enum(COMPONENT_KINDS),
  name: componentNameSchema,
  version: z.union([z.literal(''), componentVersionSchema]),
  meta: z.record(z.string(), z.unknown()).nullable(),
  package: z
    .object({
      sha256: sha256Schema,
      size: z.number().int().min(0),
      fileName: z.string().max(255).nullable(),
      signature: signatureSchema.nullable(),
    })
    .nullable(),
});
export type ArchivedComponent = z.output<typeof archivedComponentSchema>;

export const archiveIndexSchema = z.object({
  format: z.literal('mis-components/1'),
  exportedAt: z.string(),
  components: z.array(archivedComponentSchema),
});
export type ArchiveIndex = z.output<typeof archiveIndexSchema>;
