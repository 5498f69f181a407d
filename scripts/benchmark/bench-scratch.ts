import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceClient } from '../../runtime/client';
import { encodeExtendedRequest } from '../../runtime/services/extended/message';
import { toTensorProto } from '../../runtime/grpc/tensors/converters';
import { EXTENDED_SERVICE } from '../../runtime/services/extended/definition';
import { tensor } from '../../runtime/tensor/tensor';
import { buildScratchDetectionModel } from '../models/scratch-detection/scratch-detection-model';
import { OnnxGraph } from '../onnx/onnx-graph';
import { encodeOnnxModel } from '../onnx/onnx-model';
import { findPackageRoot } from '../../contracts/program/package-root';
import { paintPanel, type PaintedPanel } from '../pictures/painted-panel';
import { ServerProcess } from '../server-process';
import { BareModel } from './bare-model';
import { runClosedLoop } from './closed-loop';
import { fallDetectionFrames } from './fall-detection-frames';
import { mean, median } from './figures';
import { runOpenLoop } from './open-loop';
import { measureSteps } from './picture-steps';
import { frame } from './requests/frame';

// npm run bench:scratch [-- --scale small] — scratch detection against the bare engine and a bare grpc-js echo, in one run.
// The small model of the tests is for a quick look: what is wanted is of the full one, as large as the published.

const { values } = parseArgs({ options: { scale: { type: 'string', default: 'full' } } });
if (values.scale !== 'small' && values.scale !== 'full') {
  process.stderr.write(`--scale must be small or full, got '${values.scale}'\n`);
  process.exit(2);
}
const { scale } = values;
/** Rounds of each batch: as many as make the moods of a machine (some percent from second to second) small in their mean. */
const ROUNDS: Readonly<Record<number, number>> =
  scale === 'full' ? { 1: 21, 4: 9, 16: 17 } : { 1: 11, 4: 7, 16: 5 };
const BATCHES = [1, 4, 16];
const PICTURE_BYTES = 1200 * 900 * 3;

const root = findPackageRoot(__dirname);
const mis = [process.execPath, join(root, 'lib/runtime/main.js'), 'serve'];
const ports = ['--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0'];
const useCases = join(root, 'stacks/pipelines');

function say(label: string, text: string): void {
  process.stdout.write(`${label.padEnd(50)} ${text}\n`);
}

/** Of all rounds together, with the standard error that the ratios of the single rounds tell. */
function ratioOf(ours: readonly number[], engine: readonly number[]): string {
  const ratio = mean(ours) / mean(engine);
  const variance =
    ours.reduce((sum, ms, i) => sum + (ms / engine[i] - ratio) ** 2, 0) / Math.max(1, ours.length - 1);
  return `${ratio.toFixed(3)} ± ${Math.sqrt(variance / ours.length).toFixed(3)}`;
}

/** The pictures as one request brings them. */
function batchOf(panels: readonly PaintedPanel[], count: number): Uint8Array {
  const data = new Uint8Array(count * PICTURE_BYTES);
  for (let i = 0; i < count; i++) data.set(panels[i % panels.length].pixels, i * PICTURE_BYTES);
  return data;
}

/** Milliseconds that the server has taken for messages, each from its arrival to its response. */
async function processingMs({ ready }: ServerProcess): Promise<number> {
  const text = await (await fetch(`http://${ready.http}/metrics`)).text();
  return Number(/^inference_request_processing_seconds_sum (.*)$/m.exec(text)?.[1]) * 1000;
}

async function timeEngine(
  bare: BareModel,
  images: Parameters<BareModel['time']>[0],
): Promise<{ ms: number; cpuMs: number }> {
  const before = process.cpuUsage();
  const ms = await bare.time(images);
  const { user, system } = process.cpuUsage(before);
  return { ms, cpuMs: (user + system) / 1000 };
}

/** Whole requests against runs of the bare engine on the same pictures, in turns. */
async function againstEngine(folder: string, model: string, panels: readonly PaintedPanel[]): Promise<void> {
  const server = await ServerProcess.start([
    ...mis,
    join(folder, 'pipeline.yaml'),
    ...ports,
    '--components',
    folder,
  ]);
  const client = new InferenceClient({ address: server.ready.grpc });
  const bare = await BareModel.open(model);
  const perPicture = new Map<number, { ours: number; engine: number }>();
  try {
    for (const batch of BATCHES) {
      const request = {
        array: { dtype: 'uint8' as const, shape: [batch, 900, 1200, 3], data: batchOf(panels, batch) },
      };
      const inputs = Array.from({ length: batch }, (_, i) => bare.input(panels[i % panels.length]));
      // Half of the engine's pictures come before the request and half after it: what the machine does in the meantime is
      // nobody's. Of a single picture both halves are the same one.
      const halves = [inputs.slice(0, Math.ceil(batch / 2)), inputs.slice(-Math.ceil(batch / 2))];
      const shares = (halves[0].length + halves[1].length) / batch;
      const ours: number[] = [];
      const seen: number[] = [];
      const engine: number[] = [];
      const cpu = { ours: 0, engine: 0 };
      for (let round = -1; round < ROUNDS[batch]; round++) {
        const before = await timeEngine(bare, halves[0]);
        const serverCpuMs = server.cpuMs();
        const processedMs = await processingMs(server);
        const startedMs = performance.now();
        await client.predict(request);
        const seenMs = performance.now() - startedMs;
        const oursMs = (await processingMs(server)) - processedMs;
        const oursCpuMs = server.cpuMs() - serverCpuMs;
        const after = await timeEngine(bare, halves[1]);
        if (round < 0) continue;
        engine.push((before.ms + after.ms) / shares);
        seen.push(seenMs);
        ours.push(oursMs);
        cpu.engine += (before.cpuMs + after.cpuMs) / shares;
        cpu.ours += oursCpuMs;
      }
      const wanted = { 1: ' (≤ 1.10 wanted)', 16: ' (≤ 1.03 wanted)' }[batch] ?? '';
      const [oursMs, engineMs] = [mean(ours) / batch, mean(engine) / batch];
      say(
        `batch ${batch}: pipeline / bare session.run`,
        `${ratioOf(ours, engine)}${wanted}; ${oursMs.toFixed(1)} and ${engineMs.toFixed(1)} ms a picture`,
      );
      say(`batch ${batch}: the same with the way of the message`, ratioOf(seen, engine));
      say(`batch ${batch}: CPU of the server / of the bare engine`, (cpu.ours / cpu.engine).toFixed(3));
      perPicture.set(batch, { ours: oursMs, engine: engineMs });
    }
    const one = perPicture.get(1)!;
    for (const batch of BATCHES.slice(1)) {
      const many = perPicture.get(batch)!;
      say(
        `batch ${batch}: time a picture to that of batch 1`,
        `${(many.ours / one.ours).toFixed(2)}, with the bare engine ${(many.engine / one.engine).toFixed(2)}`,
      );
    }
    say(
      'resident memory of the server',
      `now ${server.residentMb('now').toFixed(0)} MB, peak ${server.residentMb('peak').toFixed(0)} MB`,
    );
  } finally {
    await bare.close();
    client.close();
    await server.stop();
  }
}

/** Fall detection in the process that works on batches of 16 all the time, which another process sends. */
async function besideHeavy(folder: string): Promise<void> {
  const documents = [join(folder, 'pipeline.yaml'), join(useCases, 'fall-detection/pipeline.yaml')];
  const server = await ServerProcess.start([...mis, ...documents, ...ports, '--components', folder]);
  const heavy = await ServerProcess.start([
    process.execPath,
    join(root, 'lib/scripts/benchmark/heavy-client.js'),
    server.ready.grpc,
  ]);
  try {
    const { fromDue, counts } = await runOpenLoop({
      address: server.ready.grpc,
      path: EXTENDED_SERVICE.predict.path,
      frames: fallDetectionFrames(256),
      pipeline: 'fall-detection',
      clients: 2,
      devices: 25,
      rateHz: 4,
      warmUpMs: 500,
      durationMs: scale === 'full' ? 30_000 : 10_000,
    });
    const lost = `${counts.lost} of ${counts.sent} lost`;
    say(
      'fall detection beside batches of 16 pictures',
      `median ${fromDue.median.toFixed(2)} ms, p99 ${fromDue.p99.toFixed(2)} ms (≤ 20 wanted), max ${fromDue.max.toFixed(0)} ms; ${lost}`,
    );
  } finally {
    await heavy.stop();
    await server.stop();
  }
}

/** Messages of 16 pictures there and back, against a bare echo of bytes. */
async function echo(folder: string): Promise<void> {
  const graph = new OnnxGraph('identity');
  graph.input('x', 'uint8', [16, 900, 1200, 3]);
  graph.output(graph.node('Identity', ['x'], { name: 'y' }), 'uint8', [16, 900, 1200, 3]);
  mkdirSync(join(folder, 'model/identity/1'), { recursive: true });
  writeFileSync(join(folder, 'model/identity/1/model.onnx'), encodeOnnxModel(graph));
  const document = join(folder, 'echo.json');
  const format = { dtype: 'uint8', shape: [16, 900, 1200, 3] };
  writeFileSync(
    document,
    JSON.stringify({
      name: 'echo',
      input: { x: format },
      model: { name: 'identity', version: '1' },
      inferencer: { execution: 'inline' },
      output: { y: format },
    }),
  );
  const data = new Uint8Array(16 * PICTURE_BYTES).fill(7);
  const message = encodeExtendedRequest({
    id: 1,
    tensors: [['x', toTensorProto(tensor('uint8', format.shape, data))]],
  });
  const loop = { frames: [frame(message)], window: 1, requests: 8, warmUp: 2 };
  const rates: Record<string, number[]> = { ours: [], bare: [] };
  let peakMb = 0;
  for (let round = 0; round < 5; round++) {
    const yardstick = await ServerProcess.start([
      process.execPath,
      join(root, 'lib/scripts/benchmark/echo-server.js'),
    ]);
    rates.bare.push(
      await runClosedLoop({ ...loop, address: yardstick.ready.grpc, path: '/echo.Echo/predict' }),
    );
    await yardstick.stop();
    const server = await ServerProcess.start([...mis, document, ...ports, '--components', folder]);
    const idleMb = server.residentMb('now');
    rates.ours.push(
      await runClosedLoop({ ...loop, address: server.ready.grpc, path: EXTENDED_SERVICE.predict.path }),
    );
    peakMb = Math.max(peakMb, server.residentMb('peak') - idleMb);
    await server.stop();
  }
  const ratio = median(rates.ours.map((rate, i) => rate / rates.bare[i]));
  const megabytes = message.length / 1e6;
  say(
    `echo of ${megabytes.toFixed(0)} MB to a bare echo`,
    `${ratio.toFixed(2)} (≥ 0.7 wanted); ${(median(rates.ours) * megabytes).toFixed(0)} and ${(median(rates.bare) * megabytes).toFixed(0)} MB/s`,
  );
  say('peak memory of the echo beyond idle', `${(peakMb / megabytes).toFixed(1)} messages (≤ 6 wanted)`);
}

async function main(): Promise<void> {
  say(
    'machine',
    `${cpus().length} × ${cpus()[0].model}, Node ${process.version}; model ${scale}${scale === 'small' ? ' (the figures are wanted of the full one)' : ''}`,
  );
  const folder = mkdtempSync(join(tmpdir(), 'mis-bench-'));
  try {
    const home = join(folder, 'model/scratch-detection/1.0.0');
    mkdirSync(home, { recursive: true });
    const model = join(home, 'model.onnx');
    writeFileSync(model, buildScratchDetectionModel({ scale }));
    // In a folder of its own the document has no other model beside it.
    copyFileSync(join(useCases, 'scratch-detection/pipeline.yaml'), join(folder, 'pipeline.yaml'));
    const panels = [1, 2, 3, 4].map((seed) => paintPanel({ seed, scratches: seed % 4 }));
    // First: the engine's memory, once it is in this process, would have its collector stop the clock of the requests.
    await besideHeavy(folder);
    const stepMs = await measureSteps(model, panels[2]);
    say('steps before and after the model, one picture', `${stepMs.toFixed(1)} ms CPU (≤ 8 wanted)`);
    await againstEngine(folder, model, panels);
    await echo(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
