import { Readable } from 'node:stream';
import { type FastifyInstance } from 'fastify';
import { type ZodTypeProvider } from 'fastify-type-provider-zod';
import { eventsQuerySchema } from '../../../contracts/repository/change';
import { type ComponentStore } from '../../store/component-store';
import { changeFeed, type FeedItem } from './change-feed';

const HEARTBEAT_MS = 15_000;

/** `GET /events`: the change feed as server-sent events, which go on where Last-Event-ID says. */
export function registerEventRoutes(app: FastifyInstance, store: ComponentStore): void {
  const stopping = new AbortController();
  app.addHook('preClose', (done) => {
    stopping.abort();
    done();
  });

  app.withTypeProvider<ZodTypeProvider>().get(
    '/events',
    {
      schema: {
        tags: ['events'],
        summary: 'Changes as server-sent events; Last-Event-ID resumes',
        querystring: eventsQuerySchema,
        produces: ['text/event-stream'],
      },
    },
    async (request, reply) => {
      const after = lastEventId(request.headers['last-event-id']) ?? request.query.after;
      const position = after ?? (await store.changes(Number.MAX_SAFE_INTEGER, 1)).last;
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const signal = AbortSignal.any([stopping.signal, gone.signal]);
      const feed = changeFeed(store, { after: position, heartbeatMs: HEARTBEAT_MS, signal });
      return reply
        .headers({
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          // it ends with the service or with its client; nobody is served on this connection afterwards
          connection: 'close',
          'x-accel-buffering': 'no',
        })
        .send(Readable.from(eventTexts(feed), { objectMode: false }));
    },
  );
}

function lastEventId(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

async function* eventTexts(feed: AsyncIterable<FeedItem>): AsyncGenerator<string> {
  yield 'retry: 2000\n\n';
  for await (const item of feed) {
    if (item.kind === 'alive') yield ': alive\n\n';
    else if (item.kind === 'gap') yield `id: ${item.last}\nevent: reset\ndata: {"last":${item.last}}\n\n`;
    else yield `id: ${item.change.sequence}\nevent: component\ndata: ${JSON.stringify(item.change)}\n\n`;
  }
}
