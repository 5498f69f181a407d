import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient, type ObjectId } from 'mongodb';
import { MongoStore } from '../../repository/store/mongo/mongo-store';
import { type CrashTarget } from './crash-rounds';
import { ServiceProcess } from './service-process';

/** A database that can be ended, too; without it only the service is. */
export interface KillableDatabase {
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** The service on MongoDB. Where the database can be ended it is, in turn with the service. */
export function mongoTarget(
  program: readonly string[],
  uri: string,
  database?: KillableDatabase,
): CrashTarget {
  const spool = mkdtempSync(join(tmpdir(), 'mis-crash-spool-'));
  let service: ServiceProcess | undefined;
  let kills = 0;
  const options = ['--http', '127.0.0.1:0', '--store', uri, '--spool', spool];
  return {
    start: async () => (service = await ServiceProcess.start([...program, ...options])).url,
    kill: async () => {
      kills += 1;
      if (database && kills % 2 === 0) {
        await database.kill();
        await database.start();
      }
      await service?.kill();
    },
    orphans: () => sweepAndLook(uri, spool),
  };
}

/** Does at once what a sweep does when the leases of dead services have run out, and lists what it should have removed. */
async function sweepAndLook(uri: string, spoolDirectory: string): Promise<string[]> {
  const client = new MongoClient(uri);
  const db = client.db();
  await db.collection('pending').updateMany({}, { $set: { expiresAt: new Date(0) } });
  const store = await MongoStore.open(uri, { spoolDirectory });
  await store.sweep();
  await store.close();
  const components = await db
    .collection<{ package: { fileId: ObjectId } | null }>('components')
    .find()
    .toArray();
  const referenced = new Set(components.map((component) => component.package?.fileId.toHexString()));
  const files = await db.collection<{ _id: ObjectId }>('packages.files').find().toArray();
  const chunks = await db
    .collection<{ files_id: ObjectId }>('packages.chunks')
    .find({}, { projection: { files_id: 1 } })
    .toArray();
  const pending = await db.collection('pending').countDocuments();
  await client.close();
  const ids = new Set([
    ...files.map(({ _id }) => _id.toHexString()),
    ...chunks.map((c) => c.files_id.toHexString()),
  ]);
  return [
    ...[...ids].filter((id) => !referenced.has(id)),
    ...(pending > 0 ? [`${pending} notes of changes`] : []),
  ];
}
