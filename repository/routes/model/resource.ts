import {
  listedModelSchema,
  modelMetaSchema,
  modelPathSchema,
  newModelSchema,
  type ListedModel,
} from '../../../contracts/repository/model';
import { toListedPackage, type ComponentResource } from '../component-resource';

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
