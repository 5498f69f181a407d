import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type FastifyInstance } from 'fastify';
import { createJsonSchemaTransform } from 'fastify-type-provider-zod';

const transformSchema = createJsonSchemaTransform({ skipList: [] });

/** `/openapi.json` from the routes' own schemas, and `/docs` over it. Registered before the routes. */
export async function registerDocumentation(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Component repository',
        description: 'Stores the models, transformations, services and inferencers that runtimes fetch.',
        version,
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: (document) => {
      const transformed = transformSchema(document);
      const form = document.route.config?.form;
      if (!form) return transformed;
      const schema = { ...transformed.schema, consumes: ['multipart/form-data'], body: form };
      return { ...transformed, schema };
    },
  });
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'open' };
    });
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: true,
      transformStaticCSP: documentationPolicy,
      uiConfig: { url: '/openapi.json', tryItOutEnabled: true },
    });
  });
  app.get('/openapi.json', { schema: { hide: true }, config: { access: 'open' } }, () => app.swagger());
}

/** The page creates styles in the browser, loads nothing from other hosts, and works without TLS. */
function documentationPolicy(header: string): string {
  return header
    .replace(/\s*upgrade-insecure-requests;?/, '')
    .replace(' validator.swagger.io', '')
    .replace(/style-src [^;]*;/, "style-src 'self' 'unsafe-inline';");
}
