import { type FastifyInstance } from 'fastify';
import { type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { exportArchive } from '../../archive/export-archive';
import {
  CONFLICT_RULES,
  importArchive,
  type ArchiveImporterDependencies,
} from '../../archive/import-archive';
import { COMPONENT_KINDS } from '../../../contracts/repository/component-key';
import { readUploadForm } from '../../uploads/upload-form';
import { answers } from '../answers';
import { requestForm } from '../request-form';

const exportQuerySchema = z.object({
  kind: z.enum(COMPONENT_KINDS).optional().describe('Only components of this kind; default: all'),
  name: z.string().optional().describe('Only components of this name or id'),
  version: z.string().optional().describe('Only this version'),
});
const importQuerySchema = z.object({
  on_conflict: z
    .enum(CONFLICT_RULES)
    .default('refuse')
    .describe('What happens to components that are stored with other packages'),
});
const importReportSchema = z.object({ imported: z.array(z.string()), kept: z.array(z.string()) });
const form = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', format: 'binary', description: 'An archive from /export' } },
} as const;

/** `GET /export` and `POST /import`: many components as one file, to be carried where no network goes. */
export function registerArchiveRoutes(
  app: FastifyInstance,
  dependencies: ArchiveImporterDependencies,
  { maxBodyBytes, immutable }: { readonly maxBodyBytes: number; readonly immutable: boolean },
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/export',
    {
      schema: {
        tags: ['archive'],
        summary: 'Components and their packages as one zip',
        querystring: exportQuerySchema,
        produces: ['application/zip'],
      },
    },
    async (request, reply) => {
      const { kind, ...filter } = request.query;
      const archive = await exportArchive(dependencies.store, { kinds: kind && [kind], filter });
      const disposition = 'attachment; filename="components.zip"';
      return reply
        .headers({ 'content-type': 'application/zip', 'content-disposition': disposition })
        .send(archive);
    },
  );

  routes.post(
    '/import',
    {
      config: { form },
      schema: {
        tags: ['archive'],
        summary: 'Bring in the components of an archive',
        querystring: importQuerySchema,
        response: answers({ 200: importReportSchema }, 409, 413, 422, 503),
      },
    },
    async (request, reply) => {
      const { spool } = dependencies;
      const incoming = requestForm(request);
      await spool.requireSpace(2 * incoming.announcedBytes);
      const { path } = await readUploadForm(incoming, spool, maxBodyBytes);
      try {
        const rule =
          immutable && request.query.on_conflict === 'replace' ? 'refuse' : request.query.on_conflict;
        return await reply.send(await importArchive(dependencies, { path, onConflict: rule }));
      } finally {
        await spool.discard(path);
      }
    },
  );
}
