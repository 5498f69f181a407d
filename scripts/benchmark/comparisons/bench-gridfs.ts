import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GridFSBucket, MongoClient, ObjectId } from 'mongodb';
import { MongoServer, mongoWireProgram } from '../../mongo-server';
import { ServerProcess } from '../../server-process';
import { median, say } from './figures';
import { downloadPackage, megabytesPerSecond, uploadFile } from './package-transfer';

const ROUNDS = 3;

/** The database of MONGODB_URI, or one that this starts where the machine has the program. */
async function openDatabase(folder: string): Promise<{ uri: string; stop: () => Promise<void> } | undefined> {
  const given = process.env.MONGODB_URI;
  if (given) return { uri: given, stop: () => Promise.resolve() };
  const program = mongoWireProgram();
  if (program === undefined) return undefined;
  const server = await MongoServer.start(program, { directory: folder });
  return { uri: server.uri('bench'), stop: () => server.stop() };
}

/** The repository on MongoDB against the driver's GridFS alone, on one database. `program` is the service's command. */
export async function benchGridFs(file: string, folder: string, program: readonly string[]): Promise<void> {
  const database = await openDatabase(folder);
  if (!database) return say('MongoDB', 'skipped: neither MONGODB_URI nor the MongoDB-wire server is there');
  const client = new MongoClient(database.uri);
  const server = await ServerProcess.start([...program, '--store', database.uri]);
  const url = `http://${server.ready.http}/model`;
  const times = {
    bareUp: [] as number[],
    bareDown: [] as number[],
    up: [] as number[],
    down: [] as number[],
  };
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const bucket = new GridFSBucket(client.db(), { bucketName: `bare${round}` });
      const id = new ObjectId();
      times.bareUp.push(
        await timed(() => pipeline(createReadStream(file), bucket.openUploadStreamWithId(id, 'bare'))),
      );
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      times.bareDown.push(await timed(() => pipeline(bucket.openDownloadStream(id), nowhere)));
      await bucket.drop();

      const body = JSON.stringify({ model_name: 'bench', model_version: `m${round}` });
      await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
      times.up.push(await uploadFile(`${url}/bench/m${round}`, file));
      times.down.push(await downloadPackage(`${url}/bench/m${round}`));
      await fetch(`${url}/bench/m${round}`, { method: 'DELETE' });
    }
  } finally {
    await server.stop();
    await client.close();
    await database.stop();
  }
  const compare = (ours: number[], bare: number[]) =>
    `${megabytesPerSecond(median(ours))}, ${median(ours.map((ms, round) => ms / (bare[round] ?? NaN))).toFixed(2)} × the time of the bare driver (≤ 2 wanted)`;
  say(
    'bare GridFS, up and down',
    `${megabytesPerSecond(median(times.bareUp))}, ${megabytesPerSecond(median(times.bareDown))}`,
  );
  say('MongoDB, up', compare(times.up, times.bareUp));
  say('MongoDB, down', compare(times.down, times.bareDown));
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await task();
  return performance.now() - startMs;
}
