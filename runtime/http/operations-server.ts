import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type CertificateFiles } from '../access/certificate-files';
import { type Lifecycle } from '../serving/lifecycle';
import { type Logger } from '../../contracts/program/logger';
import { type Metrics } from '../observability/metrics';

const TEXT = 'text/plain; charset=utf-8';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Routes = Readonly<Record<string, () => Answer | Promise<Answer>>>;

/** What an address answers: metrics (`/metrics`, also `/`), health (`/healthz`, `/readyz`), or both. */
export interface Operated {
  readonly metrics?: Metrics;
  readonly lifecycle?: Lifecycle;
}

/** An HTTP server for metrics and health; over TLS with the current certificates where there are any. */
export function createOperationsServer(
  operated: Operated,
  log: Logger,
  certificates: CertificateFiles | undefined,
): Server {
  const routes = routesOf(operated);
  const timeouts = { requestTimeout: 10_000, headersTimeout: 5_000 };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, routes).then(
      ({ status, type, body }) => send(request, response, status, type, body),
      (error: unknown) => {
        log.error({ error, url: request.url }, 'operations request failed');
        send(request, response, 500, TEXT, 'internal error\n');
      },
    );
  };
  if (certificates === undefined) return createServer(timeouts, handle);
  const { cert, key } = certificates.current;
  const server = createSecureServer({ ...timeouts, cert, key }, handle);
  // Probes and scrapers have no client certificate; only gRPC clients need one.
  certificates.follow((next) => server.setSecureContext({ cert: next.cert, key: next.key }));
  return server;
}

function routesOf({ metrics, lifecycle }: Operated): Routes {
  return {
    ...(metrics && { '/': () => exposition(metrics), '/metrics': () => exposition(metrics) }),
    ...(lifecycle && {
      '/healthz': () => liveness(lifecycle),
      '/readyz': () => readiness(lifecycle),
    }),
  };
}

async function answer(request: IncomingMessage, routes: Routes): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0];
  if (!Object.hasOwn(routes, path)) {
    return {
      status: 404,
      type: TEXT,
      body: `not found: ${path}; there are ${Object.keys(routes).join(', ')}\n`,
    };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, type: TEXT, body: `${request.method} is not allowed; GET and HEAD are\n` };
  }
  return routes[path]();
}

function liveness({ impairments: { restartReason } }: Lifecycle): Answer {
  if (restartReason === undefined) return { status: 200, type: TEXT, body: 'ok\n' };
  return { status: 503, type: TEXT, body: `restart needed: ${restartReason}\n` };
}

/** One line with the state, then one for each impairment. */
function readiness({ state, impairments: { reasons } }: Lifecycle): Answer {
  const isReady = state === 'ready' && reasons.length === 0;
  const shown = state === 'ready' && !isReady ? 'impaired' : state;
  return { status: isReady ? 200 : 503, type: TEXT, body: [shown, ...reasons, ''].join('\n') };
}

async function exposition(metrics: Metrics): Promise<Answer> {
  return { status: 200, type: metrics.registry.contentType, body: await metrics.expose() };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
