import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { copyFile, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Worker } from 'node:worker_threads';
import { GridFSBucket, MongoClient, ObjectId } from 'mongodb';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { MongoServer, mongoWireProgram } from '../../mongo-server';
import { ServerProcess } from '../../server-process';
import { inTurns, median, medianRatio, percentile, say, sayMachine, timed } from './figures';
import { downloadPackage, megabytesPerSecond, nowhere, PACKAGE_BYTES, uploadFile } from './package-transfer';
import { using } from './served';

// npm run bench:repository: transfers against a plain copy and against bare GridFS, and lists, in one run.

const WARM_UP = 5;
const ROUNDS = 7;
const GRIDFS_ROUNDS = 3;
const TRANSFERS = 8;
const COMPONENTS = 1000;
const LISTINGS = 200;

const root = findPackageRoot(__dirname);

/** @param store URL of the store */
function serve(store: string): Promise<ServerProcess> {
  const program = [process.execPath, join(root, 'lib/repository/main.js'), '--http', '127.0.0.1:0'];
  return ServerProcess.start([...program, '--store', store, '--log-level', 'info']);
}

const modelsOf = ({ ready }: ServerProcess): string => `http://${ready.http}/model`;

async function create(models: string, version: string, library = 'onnx'): Promise<void> {
  const meta = { library, description: `Version ${version} for the benchmark` };
  const response = await fetch(models, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model_name: 'bench', model_version: version, meta }),
  });
  if (response.status !== 201) throw new Error(`POST /model answered ${response.status}`);
}

/** A copy of the file on the same disk, including fsync. */
async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  await file.sync();
  await file.close();
}

async function transfers(server: ServerProcess, file: string, folder: string): Promise<void> {
  const url = `${modelsOf(server)}/bench/1`;
  await create(modelsOf(server), '1');
  for (let round = 0; round < WARM_UP; round += 1) {
    await uploadFile(url, file);
    await downloadPackage(url);
  }
  const times = await inTurns(ROUNDS, {
    copy: async () => {
      await writeFile(file, randomBytes(PACKAGE_BYTES));
      const ms = await timed(() => copyDurably(file, join(folder, 'copy')));
      rmSync(join(folder, 'copy'));
      return ms;
    },
    up: () => timed(() => uploadFile(url, file)),
    down: () => timed(() => downloadPackage(url)),
  });
  say('a copy with fsync', megabytesPerSecond(median(times.copy)));
  for (const way of ['up', 'down'] as const) {
    const ratio = medianRatio(times.copy, times[way]).toFixed(2);
    say(way, `${megabytesPerSecond(median(times[way]))}, ${ratio} of the copy (≥ 0.5 wanted)`);
  }
}

async function manyAtOnce(server: ServerProcess, file: string): Promise<void> {
  const models = modelsOf(server);
  for (let index = 0; index < TRANSFERS; index += 1) await create(models, `many-${index}`);
  const lister = new Worker(join(__dirname, 'listing-thread.js'), { workerData: models });
  const each = Array.from({ length: TRANSFERS }, async (_, index) => {
    await uploadFile(`${models}/bench/many-${index}`, file);
    await downloadPackage(`${models}/bench/many-${index}`);
  });
  await Promise.all(each);
  lister.postMessage('stop');
  const [listings] = (await once(lister, 'message')) as [number[]];
  say(
    `resident memory, peak, ${TRANSFERS} transfers at once`,
    `${server.residentMb('peak').toFixed(0)} MB (≤ 150 wanted)`,
  );
  say(
    'GET /model meanwhile',
    `median ${median(listings).toFixed(1)} ms, p95 ${percentile(listings, 95).toFixed(1)} ms, slowest ${Math.max(...listings).toFixed(1)} ms (≤ 20 wanted)`,
  );
}

async function lists(store: string): Promise<void> {
  await using(serve(store), async (server) => {
    const models = modelsOf(server);
    for (let index = 0; index < COMPONENTS; index += 1)
      await create(models, `1.0.${index}`, index % 10 ? 'onnx' : 'tflite');
    const { filtered } = await inTurns(LISTINGS, {
      filtered: () =>
        timed(async () => {
          const found = (await (await fetch(`${models}?library=tflite&q=benchmark`)).json()) as unknown[];
          if (found.length !== COMPONENTS / 10) throw new Error(`the filter let through ${found.length}`);
        }),
    });
    say(`list of ${COMPONENTS} with a filter`, `median ${median(filtered).toFixed(2)} ms (≤ 5 wanted)`);
  });
  const { starts } = await inTurns(3, {
    starts: () => using(serve(store), ({ startMs }) => Promise.resolve(startMs)),
  });
  say(`start with ${COMPONENTS} components`, `median ${median(starts).toFixed(0)} ms (≤ 1000 wanted)`);
}

/** The database of MONGODB_URI, or one that this starts where the machine has the program. */
async function openDatabase(folder: string): Promise<{ uri: string; stop: () => Promise<void> } | undefined> {
  const given = process.env.MONGODB_URI;
  if (given) return { uri: given, stop: () => Promise.resolve() };
  const program = mongoWireProgram();
  if (program === undefined) return undefined;
  const server = await MongoServer.start(program, { directory: folder });
  return { uri: server.uri('bench'), stop: () => server.stop() };
}

/** The repository on MongoDB against the driver's GridFS alone, on one database. */
async function gridFs(file: string, folder: string): Promise<void> {
  const database = await openDatabase(folder);
  if (!database) return say('MongoDB', 'skipped: neither MONGODB_URI nor the MongoDB-wire server is there');
  const client = new MongoClient(database.uri);
  try {
    const times = await using(serve(database.uri), (server) => {
      const url = `${modelsOf(server)}/bench/gridfs`;
      let bucket: GridFSBucket;
      let id: ObjectId;
      return inTurns(GRIDFS_ROUNDS, {
        bareUp: () => {
          [bucket, id] = [new GridFSBucket(client.db(), { bucketName: 'bare' }), new ObjectId()];
          return timed(() => pipeline(createReadStream(file), bucket.openUploadStreamWithId(id, 'bare')));
        },
        bareDown: async () => {
          const ms = await timed(() => pipeline(bucket.openDownloadStream(id), nowhere()));
          await bucket.drop();
          return ms;
        },
        up: async () => {
          await create(modelsOf(server), 'gridfs');
          return timed(() => uploadFile(url, file));
        },
        down: async () => {
          const ms = await timed(() => downloadPackage(url));
          await fetch(url, { method: 'DELETE' });
          return ms;
        },
      });
    });
    const rate = (ms: readonly number[]): string => megabytesPerSecond(median(ms));
    const compare = (ours: readonly number[], bare: readonly number[]): string =>
      `${rate(ours)}, ${medianRatio(ours, bare).toFixed(2)} × the time of the bare driver (≤ 2 wanted)`;
    say('bare GridFS, up and down', `${rate(times.bareUp)}, ${rate(times.bareDown)}`);
    say('MongoDB, up', compare(times.up, times.bareUp));
    say('MongoDB, down', compare(times.down, times.bareDown));
  } finally {
    await client.close();
    await database.stop();
  }
}

async function main(): Promise<void> {
  sayMachine('transfers of 180 MB');
  const folder = mkdtempSync(join(process.env.MIS_BENCH_DIRECTORY ?? tmpdir(), 'mis-bench-'));
  try {
    const file = join(folder, 'package');
    await writeFile(file, randomBytes(PACKAGE_BYTES));
    await using(serve(`file:${join(folder, 'store')}`), async (server) => {
      say('resident memory, idle', `${server.residentMb('now').toFixed(0)} MB`);
      await transfers(server, file, folder);
      await manyAtOnce(server, file);
    });
    await lists(`file:${join(folder, 'thousand')}`);
    await gridFs(file, join(folder, 'database'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
