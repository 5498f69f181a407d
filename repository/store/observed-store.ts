import { RepositoryError } from '../errors';
import { type RepositoryMetrics } from '../operation/repository-metrics';
import { type ComponentStore } from './component-store';

type Operation = {
  [K in keyof ComponentStore]: ComponentStore[K] extends (...args: never[]) => Promise<unknown> ? K : never;
}[keyof ComponentStore];

/** A store whose operations are timed and whose errors are counted. */
export function observeStore(store: ComponentStore, metrics: RepositoryMetrics): ComponentStore {
  const observe =
    <A extends unknown[], R>(operation: Operation, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const end = metrics.storeSeconds.startTimer({ operation });
      try {
        return await call.apply(store, args);
      } catch (error) {
        const code = error instanceof RepositoryError ? error.code : 'INTERNAL';
        metrics.storeErrors.inc({ operation, code });
        throw error;
      } finally {
        end();
      }
    };
  return {
    spoolDirectory: store.spoolDirectory,
    keepsSpooledFiles: store.keepsSpooledFiles,
    create: observe('create', (...args: Parameters<ComponentStore['create']>) => store.create(...args)),
    describe: observe('describe', (...args: Parameters<ComponentStore['describe']>) =>
      store.describe(...args),
    ),
    find: observe('find', (...args: Parameters<ComponentStore['find']>) => store.find(...args)),
    list: observe('list', (...args: Parameters<ComponentStore['list']>) => store.list(...args)),
    publish: observe('publish', (...args: Parameters<ComponentStore['publish']>) => store.publish(...args)),
    sign: observe('sign', (...args: Parameters<ComponentStore['sign']>) => store.sign(...args)),
    read: observe('read', (...args: Parameters<ComponentStore['read']>) => store.read(...args)),
    delete: observe('delete', (...args: Parameters<ComponentStore['delete']>) => store.delete(...args)),
    changes: observe('changes', (...args: Parameters<ComponentStore['changes']>) => store.changes(...args)),
    count: observe('count', () => store.count()),
    check: observe('check', () => store.check()),
    sweep: observe('sweep', () => store.sweep()),
    watch: (listener) => store.watch(listener),
    close: () => store.close(),
  };
}
