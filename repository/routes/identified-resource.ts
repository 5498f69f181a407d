import { type identifiedComponentSchemas } from '../../contracts/repository/identified-component';
import { type ComponentKind } from '../../contracts/repository/component-key';
import { toListedPackage, type ComponentResource } from './component-resource';

/** The resource of a kind whose components are named by an id alone. */
export function identifiedResource(
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
