import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { type RepositoryError } from '../../../repository/errors';
import { type ComponentStore } from '../../../repository/store/component-store';
import { MongoStore, type MongoStoreOptions } from '../../../repository/store/mongo/mongo-store';
import { type MongoServer, startMongo } from '../../fixtures/mongo-database';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { describeWith, itWith } from '../../fixtures/tools';
import { describeComponentStore, FALL, spooled } from './component-store-contract';

const external = process.env.MONGODB_URI;
const QUICK = { pollMs: 50, leaseMs: 1000, discardAfterMs: 0 };

/** The address of an empty database. */
function freshUri(server: MongoServer | undefined): string {
  const database = `mis-test-${randomUUID()}`;
  if (!external) return server?.uri(database) ?? '';
  const url = new URL(external);
  url.pathname = `/${database}`;
  return url.href;
}

describeWith('MongoDB', 'the store in a MongoDB', () => {
  describe.each(external ? [{ replicaSet: true }] : [{ replicaSet: true }, { replicaSet: false }])(
    'with a replica set: $replicaSet',
    ({ replicaSet }) => {
      let server: MongoServer | undefined;
      const uris = new Map<ComponentStore, string>();
      const spoolDirectory = temporaryFolder();

      beforeAll(async () => {
        if (!external) server = await startMongo({ replicaSet });
      }, 120_000);
      afterAll(async () => {
        await server?.stop();
      });

      async function openAt(uri: string, options: Partial<MongoStoreOptions> = {}): Promise<MongoStore> {
        const store = await MongoStore.open(uri, { spoolDirectory, ...QUICK, ...options });
        uris.set(store, uri);
        return store;
      }

      describeComponentStore('MongoStore', () => ({
        open: () => openAt(freshUri(server)),
        reopen: async (store) => {
          await store.close();
          return openAt(uris.get(store) ?? '');
        },
      }));

      it('tells another service of a change', async () => {
        const uri = freshUri(server);
        const [one, other] = [await openAt(uri), await openAt(uri)];
        await other.create({ ...FALL, version: '0' }, null);
        const told = new Promise<void>((resolve) => other.watch(resolve));
        // a change stream begins a moment after it was asked for
        await setTimeout(300);
        await one.create(FALL, null);
        await expect(told).resolves.toBeUndefined();
        await Promise.all([one.close(), other.close()]);
      });

      it('sweeps a replaced package, and an upload whose service is gone, and nothing else', async () => {
        const uri = freshUri(server);
        const store = await openAt(uri);
        await store.create(FALL, null);
        await store.publish(FALL, spooled(store, Buffer.alloc(3_000_000, 1)), { replace: true });
        await store.publish(FALL, spooled(store, Buffer.alloc(2_000_000, 2)), { replace: true });
        const client = new MongoClient(uri);
        const db = client.db();
        const chunks = () => db.collection('packages.chunks').countDocuments();
        expect(await store.sweep()).toEqual({ packages: 1, uploads: 0 });
        expect(await chunks()).toBe(2);

        // what a service that died in the middle of an upload leaves: the note that it began, and some chunks
        const _id = (await db.collection('packages.files').findOne({}))?._id;
        const lost = new (_id?.constructor as new () => typeof _id)();
        const expiresAt = new Date(0);
        await db.collection<{ _id: unknown }>('pending').insertOne({
          _id: lost,
          key: FALL,
          change: 'stored',
          files: [lost],
          expiresAt,
        } as never);
        await db.collection('packages.chunks').insertOne({ files_id: lost, n: 0, data: Buffer.from('half') });
        expect(await store.sweep()).toEqual({ packages: 0, uploads: 1 });
        expect(await chunks()).toBe(2);
        expect(await db.collection('pending').countDocuments()).toBe(0);
        await client.close();
        await store.close();
      });

      it('leaves an upload that is under way to its service', async () => {
        const uri = freshUri(server);
        const store = await openAt(uri);
        await store.create(FALL, null);
        // the package comes through a pipe, which takes longer than a lease lasts
        const whole = spooled(store, Buffer.alloc(1_000_000, 1));
        const path = `${whole.path}-pipe`;
        execFileSync('mkfifo', [path]);
        const publishing = store.publish(FALL, { ...whole, path }, { replace: true });
        const pipe = await open(path, 'w');
        await pipe.write(Buffer.alloc(400_000, 1));
        const reports = [];
        for (const startMs = performance.now(); performance.now() - startMs < 2.5 * QUICK.leaseMs;) {
          reports.push(await store.sweep());
          await setTimeout(100);
        }
        await pipe.write(Buffer.alloc(600_000, 1));
        await pipe.close();
        await publishing;
        expect(reports.every(({ packages, uploads }) => packages + uploads === 0)).toBe(true);
        expect((await store.find(FALL))?.package?.size).toBe(1_000_000);
        await store.close();
      }, 30_000);

      it('keeps a replaced package for downloads that have begun', async () => {
        const store = await openAt(freshUri(server), { discardAfterMs: 60_000 });
        await store.create(FALL, null);
        const stored = await store.publish(FALL, spooled(store, Buffer.alloc(5_000_000, 1)), {
          replace: true,
        });
        const stream = await store.read(stored);
        await store.publish(FALL, spooled(store, Buffer.from('new')), { replace: true });
        await store.sweep();
        let bytes = 0;
        for await (const chunk of stream) bytes += (chunk as Buffer).length;
        expect(bytes).toBe(5_000_000);
        await store.close();
      });

      it('forgets the oldest changes', async () => {
        const store = await openAt(freshUri(server), { keptChanges: 50 });
        await store.create(FALL, null);
        // the log is pruned at every hundredth change
        for (let index = 0; index < 100; index++) await store.describe(FALL, null);
        const page = await store.changes(0, 1000);
        expect(page).toMatchObject({ oldest: 51, last: 101 });
        await store.close();
      });
    },
  );

  const spoolOfAll = temporaryFolder();

  itWith(
    'MongoDB server program',
    'works with a database that starts after it',
    async () => {
      const server = await startMongo();
      const uri = server.uri('late');
      await server.kill();
      const store = await MongoStore.open(uri, { spoolDirectory: spoolOfAll, ...QUICK });
      try {
        // The first attempt fails for good before the database is there.
        await expect(store.check()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        await server.start();
        await store.check();
      } finally {
        await store.close();
        await server.stop();
      }
    },
    60_000,
  );

  itWith(
    'MongoDB server program',
    'says that a database is away, and works when it is back',
    async () => {
      const server = await startMongo();
      const store = await MongoStore.open(server.uri('away'), { spoolDirectory: spoolOfAll, ...QUICK });
      const code = (promise: Promise<unknown>) =>
        promise.then(String, (error: RepositoryError) => error.code);
      await store.create(FALL, null);
      await server.kill();
      expect(await code(store.check())).toBe('STORE_UNAVAILABLE');
      expect(await code(store.find(FALL))).toBe('STORE_UNAVAILABLE');
      await server.start();
      expect((await store.find(FALL))?.key).toEqual(FALL);
      await store.close();
      await server.stop();
    },
    120_000,
  );

  it('says at start that an address is none', async () => {
    const opened = MongoStore.open('mongodb://', { spoolDirectory: '' });
    await expect(opened).rejects.toThrow('--store is no address of a MongoDB');
  });
});
