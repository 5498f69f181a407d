import { type Socket } from 'node:net';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type RepositoryMetrics } from './repository-metrics';

/** Logs and counts every request when its answer has ended, or when its client gave up. */
export function observeRequests(app: FastifyInstance, metrics: RepositoryMetrics): void {
  const counted = new WeakMap<Socket, { read: number; written: number }>();

  const countBytes = (socket: Socket) => {
    const before = counted.get(socket) ?? { read: 0, written: 0 };
    const now = { read: socket.bytesRead, written: socket.bytesWritten };
    metrics.receivedBytes.inc(now.read - before.read);
    metrics.sentBytes.inc(now.written - before.written);
    counted.set(socket, now);
  };

  const record = (request: FastifyRequest, reply: FastifyReply, status: string) => {
    const route = request.routeOptions.url ?? 'unknown';
    const { method } = request;
    metrics.requests.inc({ method, route, status });
    metrics.requestSeconds.observe({ method, route }, reply.elapsedTime / 1000);
    countBytes(request.raw.socket);
    const event = { method, url: request.url, status, ms: Math.round(reply.elapsedTime), from: request.ip };
    // what machines ask all the time would drown the rest
    if (request.routeOptions.config.rateLimit === false) request.log.debug(event, 'request');
    else request.log.info(event, 'request');
  };

  app.addHook('onResponse', (request, reply, done) => {
    record(request, reply, String(reply.statusCode));
    done();
  });
  app.addHook('onRequestAbort', (request, done) => {
    countBytes(request.raw.socket);
    request.log.info({ method: request.method, url: request.url }, 'request aborted by its client');
    done();
  });
}
