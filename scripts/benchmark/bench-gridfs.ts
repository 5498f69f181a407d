import { spawn } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GridFSBucket, MongoClient, ObjectId } from 'mongodb';
import { findPackageRoot } from '../package-root';
import { ServerProcess } from '../server-process';
import { median, megabytesPerSecond, say } from './figures';
import { downloadPackage, uploadFile } from './package-transfer';

const ROUNDS = 3;

/** A database to measure on: MONGODB_URI's, or one that this starts where the machine has the program. */
async function openDatabase(folder: string): Promise<{ uri: string; stop: () => void } | undefined> {
  const given = process.env.MONGODB_URI;
  if (given) return { uri: given, stop: () => undefined };
  const shared = process.env.MIS_SHARED ?? join(findPackageRoot(__dirname), '..', 'shared');
  const script = join(shared, 'tools', 'servers', 'mongo-wire');
  if (!existsSync(script)) return undefined;
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const child = spawn(script, ['--port', String(port), '--dbpath', folder, '--replSet', 'rs0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the database server ended at its start')));
    child.stdout.on('data', (text: Buffer) => text.includes('Waiting for connections') && resolve());
  });
  return {
    uri: `mongodb://127.0.0.1:${port}/bench?directConnection=true`,
    stop: () => child.kill('SIGKILL'),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The repository on MongoDB against the driver's GridFS alone, on one database. `program` is how the service is called. */
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
    database.stop();
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
