import { type z } from 'zod';
import { type ComponentKey, type ComponentKind } from '../../contracts/repository/component-key';
import { type ListedPackage } from '../../contracts/repository/listed-package';
import { type identifiedComponentSchemas } from '../../contracts/repository/identified-component';
import { inferencerSchemas } from '../../contracts/repository/inferencer';
import {
  listedModelSchema,
  modelMetaSchema,
  modelPathSchema,
  newModelSchema,
  type ListedModel,
} from '../../contracts/repository/model';
import { serviceSchemas } from '../../contracts/repository/service';
import { transformationSchemas } from '../../contracts/repository/transformation';
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

export const modelResource: ComponentResource = {
  kind: 'model',
  path: '/:name/:version',
  pathSchema: modelPathSchema,
  creationSchema: newModelSchema,
  metaSchema: modelMetaSchema,
  listedSchema: listedModelSchema,
  toListed: (record): ListedModel => ({
    model_name: record.key.name,
    model_version: record.key.version,
    model_id: record.package?.storageId ?? null,
    meta: record.meta as ListedModel['meta'],
    ...toListedPackage(record),
  }),
};

/** Every kind of component. */
export const RESOURCES: readonly ComponentResource[] = [
  modelResource,
  identifiedResource('transformation', transformationSchemas),
  identifiedResource('service', serviceSchemas),
  identifiedResource('inferencer', inferencerSchemas),
];

/** The resource of a kind whose components are named by an id alone. */
function identifiedResource(
  kind: ComponentKind,
  schemas: ReturnType<typeof identifiedComponentSchemas>,
): ComponentResource {
  return {
    kind,
    path: '/:id',
    pathSchema: schemas.path,
    creationSchema: schemas.creation,
    metaSchema: schemas.meta,
    listedSchema: schemas.listed,
    toListed: (record) => ({
      id: record.key.name,
      ...record.meta,
      storage_id: record.package?.storageId ?? null,
      ...toListedPackage(record),
    }),
  };
}

/** What every list shows of a package. */
function toListedPackage({ package: stored, createdAt, updatedAt }: ComponentRecord): ListedPackage {
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
