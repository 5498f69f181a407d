import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedStore } from '../../repository/store/embedded/embedded-store';
import { type CrashTarget } from './crash-rounds';
import { ServiceProcess } from './service-process';

/** The service on an embedded store. `program` is how it is called, without its options. */
export function embeddedTarget(program: readonly string[], directory: string): CrashTarget {
  let service: ServiceProcess | undefined;
  const options = ['--http', '127.0.0.1:0', '--store', `file:${directory}`];
  return {
    start: async () => (service = await ServiceProcess.start([...program, ...options])).url,
    kill: async () => service?.kill(),
    orphans: async () => {
      const store = await EmbeddedStore.open(directory);
      await store.sweep();
      const { records } = await store.list('model', {});
      const referenced = new Set(records.map((record) => record.package?.sha256));
      await store.close();
      const packages = readdirSync(join(directory, 'packages'), { recursive: true, withFileTypes: true });
      return [
        ...packages.filter((entry) => entry.isFile() && !referenced.has(entry.name)).map(({ name }) => name),
        ...readdirSync(join(directory, 'incoming')),
      ];
    },
  };
}
