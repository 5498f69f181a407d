import { type FastifyInstance } from 'fastify';
import { type ZodTypeProvider } from 'fastify-type-provider-zod';
import { listedModelSchema, modelQuerySchema } from '../../contracts/repository/model';
import { type ComponentStore } from '../store/component-store';
import { unknownComponent } from '../store/refusals';
import { answers } from './answers';
import { modelResource } from './component-resource';

/** `GET /model/meta?model_name=&model_version=`, as existing clients ask for one model. */
export function registerModelMetaQuery(app: FastifyInstance, store: ComponentStore): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/model/meta',
    {
      schema: {
        tags: ['model'],
        summary: 'Metadata of one model',
        querystring: modelQuerySchema,
        response: answers({ 200: listedModelSchema }, 404, 422),
      },
    },
    async (request) => {
      const record = await store.find(request.query);
      if (!record) throw unknownComponent(request.query);
      return modelResource.toListed(record);
    },
  );
}
