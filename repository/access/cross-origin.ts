import { type FastifyInstance } from 'fastify';

const EXPOSED = 'etag, link, x-total-count, content-range, accept-ranges, content-disposition, repr-digest';
const ALLOWED_HEADERS = 'authorization, content-type, if-none-match, if-range, range, last-event-id';

/** Lets pages of other origins call the service: those that are named, or all by `*`. Without it none can. */
export function registerCrossOrigin(app: FastifyInstance, origins: readonly string[]): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    reply.header('vary', 'origin');
    if (origin === undefined || !(origins.includes('*') || origins.includes(origin))) return done();
    reply.headers({
      'access-control-allow-origin': origins.includes('*') ? '*' : origin,
      'access-control-expose-headers': EXPOSED,
      'cross-origin-resource-policy': 'cross-origin',
    });
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
      return done();
    }
    // an answer here: the route itself knows nothing of OPTIONS
    void reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
        'access-control-allow-headers': ALLOWED_HEADERS,
        'access-control-max-age': '600',
      })
      .send();
    return undefined;
  });
}
