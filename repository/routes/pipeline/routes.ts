import { type FastifyInstance } from 'fastify';
import { type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { checkPipeline } from '../../pipeline/check-pipeline';
import { type ComponentStore } from '../../store/component-store';
import { answers } from '../answers';

const problems = z.array(
  z.object({ path: z.string().describe('Place in the document'), message: z.string() }),
);
const verdictSchema = z.object({
  ok: z.boolean().describe('Whether the pipeline can work with what is stored'),
  problems: problems.describe('Everything that keeps it from working'),
  notes: problems.describe('What is allowed, but probably not meant'),
});

/** `POST /pipeline/check`: the check of `mis validate`, with what is stored here. It changes nothing. */
export function registerPipelineRoutes(app: FastifyInstance, store: ComponentStore): void {
  app.withTypeProvider<ZodTypeProvider>().post(
    '/pipeline/check',
    {
      config: { access: 'read' },
      schema: {
        tags: ['pipeline'],
        summary: 'Whether a pipeline document can work with what is stored, and if not, why',
        body: z.record(z.string(), z.unknown()).describe('A pipeline document'),
        response: answers({ 200: verdictSchema }, 422),
      },
    },
    (request) => checkPipeline(store, request.body),
  );
}
