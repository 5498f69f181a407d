import { type FastifyInstance } from 'fastify';
import { type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { RepositoryError } from '../errors';
import { describeKey } from '../../contracts/repository/component-key';
import { sha256Schema, signatureSchema } from '../../contracts/repository/listed-package';
import { listingQuerySchema } from '../../contracts/repository/listing';
import { type ComponentStore } from '../store/component-store';
import { unknownComponent } from '../store/refusals';
import { type PackageIntake } from '../uploads/package-intake';
import { answers, nothing } from './answers';
import { type ComponentResource } from './component-resource';
import { pageOfRecords } from './page-of-records';
import { requestForm } from './request-form';
import { sendPackage } from './send-package';

/** The multipart form of an upload, as the documentation shows it; it is read as a stream and not by a schema. */
const packageForm = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'string', format: 'binary', description: 'The package' },
    sha256: { type: 'string', description: 'Digest that the package must have when it arrived' },
    signature: { type: 'string', description: 'Detached Ed25519 signature, 64 bytes in base64' },
    signer: { type: 'string', description: 'Id of the key that signed' },
  },
} as const;

/** The routes that every kind of component has. */
export function registerComponentRoutes(
  app: FastifyInstance,
  resource: ComponentResource,
  { store, intake }: { readonly store: ComponentStore; readonly intake: PackageIntake },
): void {
  const { kind, path, pathSchema: params } = resource;
  const tags = [kind];
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.post(
    `/${kind}`,
    {
      schema: {
        tags,
        summary: `Register a ${kind}`,
        body: resource.creationSchema,
        response: answers({ 201: nothing }, 400, 422),
      },
    },
    async (request, reply) => {
      await store.create(request.body.key, request.body.meta);
      // existing clients read the body: it is the text null
      return reply.code(201).type('application/json').send('null');
    },
  );

  routes.get(
    `/${kind}`,
    {
      schema: {
        tags,
        summary: `List ${kind}s: all of them, or those that the filters let through`,
        querystring: listingQuerySchema,
        response: answers({ 200: z.array(resource.listedSchema) }, 422),
      },
    },
    async (request, reply) => {
      const records = await pageOfRecords(store, kind, request.query, request, reply);
      return records.map((record) => resource.toListed(record));
    },
  );

  routes.get(
    `/${kind}/meta${path}`,
    {
      schema: {
        tags,
        summary: `Metadata of one ${kind}`,
        params,
        response: answers({ 200: resource.listedSchema }, 404),
      },
    },
    async (request) => {
      const record = await store.find(request.params);
      if (!record) throw unknownComponent(request.params);
      return resource.toListed(record);
    },
  );

  routes.put(
    `/${kind}/meta${path}`,
    {
      schema: {
        tags,
        summary: `Replace the metadata of a ${kind} as a whole`,
        params,
        body: resource.metaSchema,
        response: answers({ 204: nothing }, 404, 422),
      },
    },
    async (request, reply) => {
      const { id, meta } = request.body;
      if (id !== undefined && id !== request.params.name) {
        throw new RepositoryError(
          'NAME_MISMATCH',
          `the body describes ${kind} ${id}, the path names ${describeKey(request.params)}`,
        );
      }
      await store.describe(request.params, meta);
      return reply.code(204).send();
    },
  );

  routes.put(
    `/${kind}${path}`,
    {
      config: { form: packageForm },
      schema: {
        tags,
        summary: `Store or replace the package of a ${kind}`,
        params,
        response: answers({ 204: nothing }, 404, 409, 413, 422, 503),
      },
    },
    async (request, reply) => {
      const { sha256 } = await intake.take(requestForm(request), request.params);
      return reply.code(204).header('etag', `"${sha256}"`).send();
    },
  );

  routes.put(
    `/${kind}/signature${path}`,
    {
      schema: {
        tags,
        summary: `Attach a signature to the stored package of a ${kind}`,
        params,
        body: signatureSchema.extend({
          sha256: sha256Schema.describe('Digest of the package that was signed'),
        }),
        response: answers({ 204: nothing }, 404, 409, 422),
      },
    },
    async (request, reply) => {
      const { sha256, ...signature } = request.body;
      await store.sign(request.params, sha256, signature);
      return reply.code(204).send();
    },
  );

  routes.route({
    method: ['GET', 'HEAD'],
    exposeHeadRoute: false,
    url: `/${kind}${path}`,
    schema: {
      tags,
      summary: `The package of a ${kind}, as a stream`,
      params,
      produces: ['application/octet-stream'],
    },
    handler: (request, reply) => sendPackage(store, request.params, request, reply),
  });

  routes.delete(
    `/${kind}${path}`,
    {
      schema: {
        tags,
        summary: `Delete metadata and package of a ${kind}`,
        params,
        response: answers({ 204: nothing }, 404),
      },
    },
    async (request, reply) => {
      await store.delete(request.params);
      return reply.code(204).send();
    },
  );
}
