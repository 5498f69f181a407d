import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { messageOf } from '../../contracts/program/problem';
import { codeOf, RepositoryError } from '../errors';
import { InvalidRequest } from '../../contracts/repository/invalid-request';
import { fileMissing } from '../uploads/upload-form';

/** How long the rest of a refused body is read and dropped, so that the sender can read the answer. */
const LINGER_MS = 10_000;

/** Answers errors with the bodies of the contract; an unexpected one is answered "internal error". */
export function registerErrorAnswers(app: FastifyInstance): void {
  app.setNotFoundHandler((request) => {
    throw new RepositoryError('ROUTE_UNKNOWN', `there is nothing at ${request.method} ${pathOf(request)}`);
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.addHook('onResponse', (request, _reply, done) => {
    if (!request.raw.complete) {
      setTimeout(() => request.raw.complete || request.raw.socket.destroy(), LINGER_MS).unref();
    }
    done();
  });
}

async function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (error instanceof InvalidRequest) return reply.code(422).send({ detail: error.problems });
  const refusal = error instanceof RepositoryError ? error : fromFramework(error as FastifyError, request);
  if (refusal instanceof InvalidRequest) return reply.code(422).send({ detail: refusal.problems });
  if (refusal.status >= 500) {
    request.log.error({ error: refusal.cause ?? refusal, code: refusal.code }, refusal.message);
  }
  return reply.code(refusal.status).type('application/json').send({ detail: refusal.message });
}

/** Errors of the framework and its plugins in the words of the contract. */
function fromFramework(error: FastifyError, request: FastifyRequest): RepositoryError | InvalidRequest {
  switch (codeOf(error)) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      if (request.routeOptions.config.form) return fileMissing();
      return invalidBody(
        `a JSON body is needed, got ${request.headers['content-type'] ?? 'no content type'}`,
      );
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new RepositoryError('TOO_LARGE', 'the body is larger than metadata may be');
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return invalidBody(`the body is no JSON: ${error.message}`, 'value_error.jsondecode');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new RepositoryError('UPLOAD_BROKEN', 'the body is not as long as its Content-Length says');
    case 'FST_ERR_BAD_URL':
      return new RepositoryError('ROUTE_UNKNOWN', 'the path is no valid path');
    default:
  }
  if (error instanceof SyntaxError) {
    return invalidBody(`the body is no JSON: ${error.message}`, 'value_error.jsondecode');
  }
  return new RepositoryError('INTERNAL', 'internal error', { cause: error ?? messageOf(error) });
}

function invalidBody(msg: string, type = 'type_error'): InvalidRequest {
  return new InvalidRequest([{ loc: ['body'], msg, type }]);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '';
}
