import { type FastifyInstance, type FastifySchemaCompiler } from 'fastify';
import { type z } from 'zod';
import { InvalidRequest, type RequestPart } from '../../contracts/repository/invalid-request';
import { quoteNumericNames } from '../../contracts/repository/text';

const PARTS: Readonly<Record<string, RequestPart>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
};

/** Lets routes have zod schemas, and JSON bodies keep names and versions that were written as numbers. */
export function registerSchemaCompilers(app: FastifyInstance): void {
  const validate: FastifySchemaCompiler<z.ZodType> =
    ({ schema, httpPart }) =>
    (data: unknown) => {
      // a body that was not sent is one that lacks everything
      const result = schema.safeParse(httpPart === 'body' ? (data ?? {}) : data);
      if (result.success) return { value: result.data };
      return { error: InvalidRequest.fromIssues(PARTS[httpPart ?? 'body'] ?? 'body', result.error.issues) };
    };
  app.setValidatorCompiler(validate);
  // answers are made from the types of their schemas
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));

  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.replace(/^\uFEFF/, '');
    if (text.trim() === '') return done(null, undefined);
    return void parse(request, quoteNumericNames(text), done);
  });
}
