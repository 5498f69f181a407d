import { type z } from 'zod';
import { type ComponentKey, type ComponentKind } from '../../contracts/repository/component-key';
import { type ListedPackage } from '../../contracts/repository/listed-package';
import { type ComponentMeta, type ComponentRecord } from '../store/component-record';

/** One kind of component as the REST interface shows it: its paths, its schemas, and how it is listed. */
export interface ComponentResource {
  readonly kind: ComponentKind;
  /** Parameters that name one component, after `/<kind>` and `/<kind>/meta`. */
  readonly path: '/:name/:version' | '/:id';
  readonly pathSchema: z.ZodType<ComponentKey>;
  readonly creationSchema: z.ZodType<{ readonly key: ComponentKey; readonly meta: ComponentMeta }>;
  /** `id` is what the body says that it describes, where it says so. */
  readonly metaSchema: z.ZodType<{ readonly id?: string; readonly meta: ComponentMeta }>;
  readonly listedSchema: z.ZodType;
  toListed(record: ComponentRecord): object;
}

/** What every list shows of a package. */
export function toListedPackage({ package: stored, createdAt, updatedAt }: ComponentRecord): ListedPackage {
  return {
    sha256: stored?.sha256 ?? null,
    size: stored?.size ?? null,
    file_name: stored?.fileName ?? null,
    stored_at: stored?.storedAt ?? null,
    opaque: stored?.opaque ?? null,
    package_version: stored?.version ?? null,
    formats: stored?.formats ?? null,
    manifest: stored?.manifest ?? null,
    signature: stored?.signature?.signature ?? null,
    signer: stored?.signature?.signer ?? null,
    created_at: createdAt,
    updated_at: updatedAt,
  };
}
