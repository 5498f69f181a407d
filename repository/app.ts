import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import rateLimit from '@fastify/rate-limit';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { readServerCertificate } from '../contracts/program/server-certificate';
import { registerAccessControl, type AccessOptions } from './access/access-control';
import { registerCrossOrigin } from './access/cross-origin';
import { RepositoryError } from './errors';
import { observeRequests } from './operation/observe-requests';
import { type RepositoryMetrics } from './operation/repository-metrics';
import { type PackageInspector } from './packages/package-inspector';
import { registerArchiveRoutes } from './routes/archive/routes';
import { RESOURCES } from './routes/component-resource';
import { registerComponentRoutes } from './routes/component-routes';
import { registerDocumentation } from './routes/documentation';
import { registerErrorAnswers } from './routes/error-answers';
import { registerEventRoutes } from './routes/events/routes';
import { registerModelMetaQuery } from './routes/model-meta-query';
import { registerOperationRoutes } from './routes/operation/routes';
import { registerPage } from './routes/page/routes';
import { registerPipelineRoutes } from './routes/pipeline/routes';
import { registerSchemaCompilers } from './routes/schema-compilers';
import { type ComponentStore } from './store/component-store';
import { type PackageIntake } from './uploads/package-intake';
import { type Spool } from './uploads/spool';

/** Limit of metadata; packages are streamed and have their own limit (`--max-body`). */
const METADATA_BYTES = 1024 * 1024;
/** A connection without traffic for this long is closed. */
const IDLE_CONNECTION_MS = 120_000;

/** Receive buffer of a connection; with a smaller one, a transfer pauses at every read. */
const CONNECTION_BUFFER_BYTES = 256 * 1024;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The multipart form that the route takes, for the documentation. */
    form?: object;
    /** Who may call it; default: `read` for GET and HEAD, `write` for the rest. */
    access?: 'open' | 'read' | 'write';
  }
}

export interface AppOptions extends AccessOptions {
  /** Origins whose pages may call the service. */
  readonly corsOrigins: readonly string[];
  /** Requests a minute from one address; 0 is any number. */
  readonly requestsPerMinute: number;
  readonly maxBodyBytes: number;
  readonly immutable: boolean;
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

export interface AppDependencies {
  readonly store: ComponentStore;
  readonly spool: Spool;
  readonly intake: PackageIntake;
  readonly inspector: PackageInspector;
  readonly metrics: RepositoryMetrics;
  readonly logger?: FastifyBaseLogger;
  readonly isStopping: () => boolean;
  readonly version: string;
}

/** The service without a port: routes over a store. Its owner listens, and closes store and app in the reverse order. */
export async function buildApp(dependencies: AppDependencies, options: AppOptions): Promise<FastifyInstance> {
  const { store, intake, metrics, version } = dependencies;
  const app = createFastify(dependencies.logger, options);
  registerSchemaCompilers(app);
  registerErrorAnswers(app);
  observeRequests(app, metrics);
  if (options.corsOrigins.length > 0) registerCrossOrigin(app, options.corsOrigins);
  await app.register(helmet, securityHeaders(options.tls !== undefined));
  if (options.requestsPerMinute > 0) await registerRateLimit(app, options.requestsPerMinute);
  registerAccessControl(app, options);
  await app.register(multipart);

  await registerDocumentation(app, version);
  for (const resource of RESOURCES) registerComponentRoutes(app, resource, { store, intake });
  registerModelMetaQuery(app, store);
  registerEventRoutes(app, store);
  registerArchiveRoutes(app, dependencies, options);
  registerPipelineRoutes(app, store);
  registerOperationRoutes(app, dependencies);
  registerPage(app);
  return app;
}

function createFastify(logger: FastifyBaseLogger | undefined, { tls }: AppOptions): FastifyInstance {
  const common = {
    ...(logger ? { loggerInstance: logger } : {}),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: METADATA_BYTES,
    connectionTimeout: IDLE_CONNECTION_MS,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
  };
  if (!tls) return Fastify({ ...common, http: { highWaterMark: CONNECTION_BUFFER_BYTES } });
  const { cert, key } = readServerCertificate(tls);
  const https = { cert, key, highWaterMark: CONNECTION_BUFFER_BYTES };
  return Fastify({ ...common, https });
}

function securityHeaders(tls: boolean) {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: tls ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: 'no-referrer' as const },
  } as const;
}

async function registerRateLimit(app: FastifyInstance, max: number): Promise<void> {
  await app.register(rateLimit, {
    max,
    timeWindow: '1 minute',
    errorResponseBuilder: (_request, { after }) =>
      new RepositoryError('RATE_LIMITED', `${max} requests a minute are allowed: try again in ${after}`),
  });
}
