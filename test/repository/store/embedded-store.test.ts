import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedStore } from '../../../repository/store/embedded/embedded-store';
import { type ComponentStore } from '../../../repository/store/component-store';
import { eventually } from '../../fixtures/eventually';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { describeComponentStore, FALL, spooled } from './component-store-contract';

const root = temporaryFolder();
let count = 0;
const directories = new Map<ComponentStore, string>();

async function openAt(directory: string, options?: { keptChanges: number }): Promise<EmbeddedStore> {
  const store = await EmbeddedStore.open(directory, options);
  directories.set(store, directory);
  return store;
}

const open = () => openAt(join(root, `store-${count++}`));

describeComponentStore('EmbeddedStore', () => ({
  open,
  reopen: async (store) => {
    const directory = directories.get(store) ?? '';
    await store.close();
    return openAt(directory);
  },
}));

function packagesIn(directory: string): string[] {
  return readdirSync(join(directory, 'packages'), { recursive: true })
    .map(String)
    .filter((name) => name.includes('/'));
}

describe('EmbeddedStore on its disk', () => {
  it('belongs to one process at a time, and says so', async () => {
    const store = await open();
    const again = EmbeddedStore.open(directories.get(store) ?? '');
    await expect(again).rejects.toThrow('is in use by another process');
    await store.close();
  });

  it('says which directory cannot be used', async () => {
    const file = join(root, 'a-file');
    writeFileSync(file, '');
    await expect(EmbeddedStore.open(file)).rejects.toThrow(`cannot use ${file} as a store`);
  });

  it('removes at start what uploads left, and in a sweep what no component refers to', async () => {
    const store = await open();
    const directory = directories.get(store) ?? '';
    await store.create(FALL, null);
    const { sha256 } = await store.publish(FALL, spooled(store, Buffer.from('x')), { replace: true });
    const orphan = 'ab'.repeat(32);
    mkdirSync(join(directory, 'packages', 'ab'));
    writeFileSync(join(directory, 'packages', 'ab', orphan), 'half a publication');
    writeFileSync(join(store.spoolDirectory, 'half-an-upload'), 'x');
    mkdirSync(join(store.spoolDirectory, 'half-an-inspection'));
    await store.close();

    const reopened = await openAt(directory);
    expect(readdirSync(reopened.spoolDirectory)).toEqual([]);
    expect(await reopened.sweep()).toEqual({ packages: 1, uploads: 0 });
    expect(packagesIn(directory)).toEqual([join(sha256.slice(0, 2), sha256)]);
    await reopened.close();
  });

  it('keeps one file for equal packages and none for replaced ones', async () => {
    const store = await open();
    const directory = directories.get(store) ?? '';
    for (const version of ['1', '2']) {
      await store.create({ ...FALL, version }, null);
      await store.publish({ ...FALL, version }, spooled(store, Buffer.from('same')), { replace: true });
    }
    expect(packagesIn(directory)).toHaveLength(1);
    await store.publish({ ...FALL, version: '1' }, spooled(store, Buffer.from('other')), { replace: true });
    expect(packagesIn(directory)).toHaveLength(2);
    await store.publish({ ...FALL, version: '2' }, spooled(store, Buffer.from('other')), { replace: true });
    // what was replaced is freed a moment after
    await eventually(() => expect(packagesIn(directory)).toHaveLength(1));
    expect(existsSync(store.spoolDirectory) && readdirSync(store.spoolDirectory)).toEqual([]);
    await store.close();
  });

  it('lets a download go on to its end when its package is replaced', async () => {
    const store = await open();
    await store.create(FALL, null);
    const stored = await store.publish(FALL, spooled(store, Buffer.alloc(2_000_000, 1)), { replace: true });
    const stream = await store.read(stored);
    await store.publish(FALL, spooled(store, Buffer.from('new')), { replace: true });
    let bytes = 0;
    for await (const chunk of stream) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(2_000_000);
    await store.close();
  });

  it('forgets the oldest changes and says from where on it knows them', async () => {
    const store = await openAt(join(root, `store-${count++}`), { keptChanges: 3 });
    for (let version = 1; version <= 5; version++)
      await store.create({ ...FALL, version: `${version}` }, null);
    const page = await store.changes(0, 10);
    expect(page.changes.map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
    expect(page).toMatchObject({ oldest: 3, last: 5 });
    const directory = directories.get(store) ?? '';
    await store.close();
    const reopened = await openAt(directory, { keptChanges: 3 });
    expect(await reopened.changes(0, 10)).toEqual(page);
    await reopened.close();
  });
});
