import { type FastifyInstance } from 'fastify';
import { RepositoryError } from '../../errors';
import { type RepositoryMetrics } from '../../operation/repository-metrics';
import { type ComponentStore } from '../../store/component-store';

export interface OperationDependencies {
  readonly store: ComponentStore;
  readonly metrics: RepositoryMetrics;
  /** Whether the service has begun to stop. */
  readonly isStopping: () => boolean;
}

/** What operators and their machines ask: is it alive, can it work, what does it count. */
export function registerOperationRoutes(
  app: FastifyInstance,
  { store, metrics, isStopping }: OperationDependencies,
): void {
  const open = { config: { access: 'open', rateLimit: false }, schema: { tags: ['operation'] } } as const;

  app.get(
    '/healthz',
    { ...open, schema: { ...open.schema, summary: 'Whether the service is alive' } },
    () => ({
      status: 'alive',
    }),
  );

  app.get(
    '/readyz',
    { ...open, schema: { ...open.schema, summary: 'Whether the service can work: its store is reachable' } },
    async () => {
      if (isStopping()) throw new RepositoryError('STOPPING', 'the service is stopping');
      await store.check();
      return { status: 'ready' };
    },
  );

  app.get(
    '/metrics',
    { ...open, schema: { ...open.schema, summary: 'Metrics in the Prometheus text format' } },
    async (_request, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
