import { EXTENDED_SERVICE } from '../../../runtime/services/extended/definition';
import { fallDetectionFrames } from './fall-detection-frames';
import { median, say, sayMachine } from './figures';
import { type LoadOptions, runLoad } from './run-load';
import { pipelineDocument, serve, startProgram } from './served';

// npm run bench:runtime: fall detection against a bare grpc-js echo, in one run.

const ROUNDS = 3;
const IN_FLIGHT = 256;
const DEVICES = { clients: 16, devices: 160, rateHz: 2 };
const SOAK_PARTS = 10;
const SERVER_CPU = 0;

const document = pipelineDocument('fall-detection');
const frames = fallDetectionFrames(1024);
const PATH = EXTENDED_SERVICE.predict.path;
const CLOSED: Omit<LoadOptions, 'address' | 'path'> = {
  ...{ frames, clients: 1, load: { kind: 'closed', inFlight: IN_FLIGHT } },
  ...{ warmUpMs: 700, durationMs: 2_500 },
};

async function throughput(): Promise<void> {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const echo = await startProgram('echo-server', [], SERVER_CPU);
    const there = { address: echo.ready.grpc, path: '/echo.Echo/predict' };
    bare.push((await runLoad({ ...CLOSED, ...there })).answersPerSecond);
    await echo.stop();
    const server = await serve([document], SERVER_CPU);
    ours.push((await runLoad({ ...CLOSED, address: server.ready.grpc, path: PATH })).answersPerSecond);
    await server.stop();
  }
  say(`bare echo, 1 stream, ${IN_FLIGHT} in flight`, `${median(bare).toFixed(0)} answers/s`);
  say(`fall detection, 1 stream, ${IN_FLIGHT} in flight`, `${median(ours).toFixed(0)} answers/s`);
  const ratio = median(ours.map((value, index) => value / bare[index]));
  say('ratio to the bare echo (median of rounds)', `${ratio.toFixed(2)} (≥ 0.5 wanted)`);
}

async function devices(): Promise<void> {
  const server = await serve([document], SERVER_CPU);
  const idleMb = server.residentMb('now');
  const { clients, devices, rateHz } = DEVICES;
  const { fromDue, counts } = await runLoad({
    ...{ address: server.ready.grpc, path: PATH, frames, clients },
    ...{ load: { kind: 'devices', devices, rateHz }, warmUpMs: 2_000, durationMs: 10_000 },
  });
  say(
    `${clients} streams × ${devices} devices, ${clients * devices * rateHz} requests/s`,
    `median ${fromDue.median.toFixed(2)} ms, p99 ${fromDue.p99.toFixed(2)} ms, max ${fromDue.max.toFixed(2)} ms; ${counts.lost} of ${counts.sent} lost`,
  );
  say(
    'resident memory',
    `idle ${idleMb.toFixed(0)} MB, peak under this load ${server.residentMb('peak').toFixed(0)} MB`,
  );
  await server.stop();
}

async function soak(): Promise<void> {
  const server = await serve([document], SERVER_CPU);
  const samples: number[] = [];
  for (let part = 0; part < SOAK_PARTS; part += 1) {
    await runLoad({ ...CLOSED, address: server.ready.grpc, path: PATH, warmUpMs: 0, durationMs: 2_000 });
    samples.push(server.residentMb('now'));
  }
  say(
    `memory over ${SOAK_PARTS} × 2 s of the closed loop`,
    `${samples.map((mb) => mb.toFixed(0)).join(' ')} MB; last to second ${(samples[SOAK_PARTS - 1] / samples[1]).toFixed(2)}`,
  );
  await server.stop();
}

async function start(): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const server = await serve([document]);
    times.push(server.startMs);
    await server.stop();
  }
  say('start of the process to ready (median of 5)', `${median(times).toFixed(0)} ms (≤ 400 wanted)`);
}

async function main(): Promise<void> {
  sayMachine('server pinned to one core');
  await start();
  await throughput();
  await devices();
  await soak();
}

void main();
