import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { ServerProcess } from '../../server-process';
import { benchGridFs } from './bench-gridfs';
import { median, percentile, say, sayMachine } from './figures';
import { downloadPackage, megabytesPerSecond, PACKAGE_BYTES, uploadFile } from './package-transfer';

// npm run bench:repository: transfers against a plain copy and against bare GridFS, and lists, in one run.

const WARM_UP = 5;
const ROUNDS = 7;
const TRANSFERS = 8;
const COMPONENTS = 1000;
const LISTINGS = 200;

const root = findPackageRoot(__dirname);
const program = [process.execPath, join(root, 'lib/repository/main.js'), '--http', '127.0.0.1:0'];

const serve = (directory: string): Promise<ServerProcess> =>
  ServerProcess.start([...program, '--store', `file:${directory}`, '--log-level', 'info']);

async function create(base: string, version: string, library = 'onnx'): Promise<void> {
  const meta = { library, description: `Version ${version} for the benchmark` };
  const response = await fetch(`${base}/model`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model_name: 'bench', model_version: version, meta }),
  });
  if (response.status !== 201) throw new Error(`POST /model answered ${response.status}`);
}

/** Milliseconds of a copy of the file on the same disk, including fsync. */
async function copyDurably(from: string, to: string): Promise<number> {
  const startMs = performance.now();
  await copyFile(from, to);
  const file = await open(to, 'r+');
  await file.sync();
  await file.close();
  const ms = performance.now() - startMs;
  rmSync(to);
  return ms;
}

async function transfers(base: string, file: string, folder: string): Promise<void> {
  const times = { copy: [] as number[], up: [] as number[], down: [] as number[] };
  await create(base, '1');
  for (let round = 0; round < WARM_UP; round += 1) {
    await uploadFile(`${base}/model/bench/1`, file);
    await downloadPackage(`${base}/model/bench/1`);
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    await writeFile(file, randomBytes(PACKAGE_BYTES));
    times.copy.push(await copyDurably(file, join(folder, 'copy')));
    times.up.push(await uploadFile(`${base}/model/bench/1`, file));
    times.down.push(await downloadPackage(`${base}/model/bench/1`));
  }
  const ratio = (ours: number[]) =>
    median(ours.map((ms, round) => (times.copy[round] ?? NaN) / ms)).toFixed(2);
  say('a copy with fsync', megabytesPerSecond(median(times.copy)));
  say('up', `${megabytesPerSecond(median(times.up))}, ${ratio(times.up)} of the copy (≥ 0.5 wanted)`);
  say('down', `${megabytesPerSecond(median(times.down))}, ${ratio(times.down)} of the copy (≥ 0.5 wanted)`);
}

async function manyAtOnce(server: ServerProcess, base: string, file: string): Promise<void> {
  for (let index = 0; index < TRANSFERS; index += 1) await create(base, `many-${index}`);
  const lister = new Worker(join(__dirname, 'listing-thread.js'), { workerData: `${base}/model` });
  const each = Array.from({ length: TRANSFERS }, async (_, index) => {
    const url = `${base}/model/bench/many-${index}`;
    await uploadFile(url, file);
    await downloadPackage(url);
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

async function lists(folder: string): Promise<void> {
  const directory = join(folder, 'thousand');
  let server = await serve(directory);
  const base = `http://${server.ready.http}`;
  for (let index = 0; index < COMPONENTS; index += 1)
    await create(base, `1.0.${index}`, index % 10 ? 'onnx' : 'tflite');
  const filtered: number[] = [];
  for (let index = 0; index < LISTINGS; index += 1) {
    const startMs = performance.now();
    const found = (await (await fetch(`${base}/model?library=tflite&q=benchmark`)).json()) as unknown[];
    filtered.push(performance.now() - startMs);
    if (found.length !== COMPONENTS / 10) throw new Error(`the filter let through ${found.length}`);
  }
  say(`list of ${COMPONENTS} with a filter`, `median ${median(filtered).toFixed(2)} ms (≤ 5 wanted)`);
  await server.stop();
  const starts: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    server = await serve(directory);
    starts.push(server.startMs);
    await server.stop();
  }
  say(`start with ${COMPONENTS} components`, `median ${median(starts).toFixed(0)} ms (≤ 1000 wanted)`);
}

async function main(): Promise<void> {
  sayMachine('transfers of 180 MB');
  const folder = mkdtempSync(join(process.env.MIS_BENCH_DIRECTORY ?? tmpdir(), 'mis-bench-'));
  try {
    const file = join(folder, 'package');
    await writeFile(file, randomBytes(PACKAGE_BYTES));
    const server = await serve(join(folder, 'store'));
    const base = `http://${server.ready.http}`;
    say('resident memory, idle', `${server.residentMb('now').toFixed(0)} MB`);
    await transfers(base, file, folder);
    await manyAtOnce(server, base, file);
    await server.stop();
    await lists(folder);
    await benchGridFs(file, join(folder, 'database'), program);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
