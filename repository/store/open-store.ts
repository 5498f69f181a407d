import { type ComponentStore } from './component-store';
import { EmbeddedStore } from './embedded/embedded-store';
import { MongoStore } from './mongo/mongo-store';
import { type StoreLocation } from './store-location';

/** @throws StartError when the store cannot be opened. */
export function openStore(location: StoreLocation, spoolDirectory: string): Promise<ComponentStore> {
  if (location.kind === 'embedded') return EmbeddedStore.open(location.directory);
  return MongoStore.open(location.uri, { spoolDirectory });
}
