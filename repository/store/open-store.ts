import { type TransferMemory } from '../operation/transfer-memory';
import { type ComponentStore } from './component-store';
import { EmbeddedStore } from './embedded/embedded-store';
import { MongoStore } from './mongo/mongo-store';
import { type StoreLocation } from './store-location';

/** @throws StartError when the store cannot be opened. */
export function openStore(
  location: StoreLocation,
  { spoolDirectory, memory }: { readonly spoolDirectory: string; readonly memory: TransferMemory },
): Promise<ComponentStore> {
  if (location.kind === 'embedded') return EmbeddedStore.open(location.directory, { memory });
  return MongoStore.open(location.uri, { spoolDirectory });
}
