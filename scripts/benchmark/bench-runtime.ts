import { cpus } from 'node:os';
import { join } from 'node:path';
import { EXTENDED_SERVICE } from '../../runtime/services/extended/definition';
import { findPackageRoot } from '../../contracts/program/package-root';
import { runClosedLoop } from './closed-loop';
import { fallDetectionFrames } from './fall-detection-frames';
import { median } from './figures';
import { runOpenLoop } from './open-loop';
import { ServerProcess } from '../server-process';

// npm run bench:runtime — fall detection against a bare grpc-js echo, in one run.

const ROUNDS = 3;
const WINDOW = 256;
const REQUESTS = 150_000;
const WARM_UP = 30_000;
const LOAD = { clients: 16, devices: 160, rateHz: 2, warmUpMs: 2_000, durationMs: 10_000 };
const SOAK_REQUESTS = 1_000_000;
const SERVER_CPU = 0;

const root = findPackageRoot(__dirname);
const document = join(root, 'stacks/pipelines/fall-detection/pipeline.yaml');
const serve = [
  join(root, 'lib/runtime/main.js'),
  'serve',
  document,
  '--grpc',
  '127.0.0.1:0',
  '--http',
  '127.0.0.1:0',
];
const echo = [process.execPath, join(root, 'lib/scripts/benchmark/echo-server.js')];

function say(label: string, text: string): void {
  process.stdout.write(`${label.padEnd(46)} ${text}\n`);
}

async function throughput(frames: readonly Buffer[]): Promise<void> {
  const ours: number[] = [];
  const bare: number[] = [];
  const loop = { frames, window: WINDOW, requests: REQUESTS, warmUp: WARM_UP };
  for (let round = 0; round < ROUNDS; round += 1) {
    const yardstick = await ServerProcess.start(echo, SERVER_CPU);
    bare.push(await runClosedLoop({ ...loop, address: yardstick.ready.grpc, path: '/echo.Echo/predict' }));
    await yardstick.stop();
    const server = await ServerProcess.start(serve, SERVER_CPU);
    ours.push(
      await runClosedLoop({ ...loop, address: server.ready.grpc, path: EXTENDED_SERVICE.predict.path }),
    );
    await server.stop();
  }
  say(`bare echo, 1 stream, ${WINDOW} in flight`, `${median(bare).toFixed(0)} answers/s`);
  say(`fall detection, 1 stream, ${WINDOW} in flight`, `${median(ours).toFixed(0)} answers/s`);
  const ratios = ours.map((value, index) => value / bare[index]);
  say('ratio to the bare echo (median of rounds)', `${median(ratios).toFixed(2)} (≥ 0.5 wanted)`);
}

async function load(frames: readonly Buffer[]): Promise<void> {
  const server = await ServerProcess.start(serve, SERVER_CPU);
  const idleMb = server.residentMb('now');
  const { fromDue, counts } = await runOpenLoop({
    ...LOAD,
    frames,
    address: server.ready.grpc,
    path: EXTENDED_SERVICE.predict.path,
  });
  const rate = LOAD.clients * LOAD.devices * LOAD.rateHz;
  say(
    `${LOAD.clients} streams × ${LOAD.devices} devices, ${rate} requests/s`,
    `median ${fromDue.median.toFixed(2)} ms, p99 ${fromDue.p99.toFixed(2)} ms, max ${fromDue.max.toFixed(2)} ms; ${counts.lost} of ${counts.sent} lost`,
  );
  say(
    'resident memory',
    `idle ${idleMb.toFixed(0)} MB, peak under this load ${server.residentMb('peak').toFixed(0)} MB`,
  );
  await server.stop();
}

async function soak(frames: readonly Buffer[]): Promise<void> {
  const server = await ServerProcess.start(serve, SERVER_CPU);
  const samples: number[] = [];
  const parts = 10;
  for (let part = 0; part < parts; part += 1) {
    const loop = { frames, window: WINDOW, requests: SOAK_REQUESTS / parts - 1_000, warmUp: 1_000 };
    await runClosedLoop({ ...loop, address: server.ready.grpc, path: EXTENDED_SERVICE.predict.path });
    samples.push(server.residentMb('now'));
  }
  say(
    `memory over ${SOAK_REQUESTS} requests (a tenth each)`,
    `${samples.map((mb) => mb.toFixed(0)).join(' ')} MB`,
  );
  say('last tenth to second tenth', (samples[parts - 1] / samples[1]).toFixed(2));
  await server.stop();
}

async function start(): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const server = await ServerProcess.start(serve);
    times.push(server.startMs);
    await server.stop();
  }
  say('start of the process to ready (median of 5)', `${median(times).toFixed(0)} ms (≤ 400 wanted)`);
}

async function main(): Promise<void> {
  say('machine', `${cpus().length} × ${cpus()[0].model}, Node ${process.version}; server pinned to one core`);
  const frames = fallDetectionFrames(1024);
  await start();
  await throughput(frames);
  await load(frames);
  await soak(frames);
}

void main();
