import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceClient } from '../../../runtime/client';
import { toTensorProto } from '../../../runtime/grpc/tensors/converters';
import { encodeExtendedRequest } from '../../../runtime/services/extended/message';
import { EXTENDED_SERVICE } from '../../../runtime/services/extended/definition';
import { tensor } from '../../../runtime/tensor/tensor';
import { buildScratchDetectionModel } from '../../models/scratch-detection/scratch-detection-model';
import { OnnxGraph } from '../../onnx/onnx-graph';
import { encodeOnnxModel } from '../../onnx/onnx-model';
import { paintPanel, type PaintedPanel } from '../../pictures/painted-panel';
import { type ServerProcess } from '../../server-process';
import { frame } from '../driver/requests/frame';
import { BareModel } from './bare-model';
import { fallDetectionFrames } from './fall-detection-frames';
import { inTurns, mean, median, medianRatio, say, sayMachine, timed } from './figures';
import { measureSteps } from './picture-steps';
import { runLoad } from './run-load';
import { pipelineDocument, readSeries, serve, startProgram, using } from './served';

// npm run bench:scratch [-- --scale small]: scratch detection against the bare engine and a bare grpc-js echo, in one run.
// The small model of the tests is for a quick look; the wanted figures are of the full one, as large as the published.

const { values } = parseArgs({ options: { scale: { type: 'string', default: 'full' } } });
if (values.scale !== 'small' && values.scale !== 'full') {
  process.stderr.write(`--scale must be small or full, got '${values.scale}'\n`);
  process.exit(2);
}
const { scale } = values;
/** Rounds by batch: enough for the noise of a machine, some percent from second to second, to be small in their mean. */
const ROUNDS: Readonly<Record<number, number>> =
  scale === 'full' ? { 1: 21, 4: 9, 16: 17 } : { 1: 11, 4: 7, 16: 5 };
const BATCHES = [1, 4, 16];
const WANTED: Readonly<Record<number, string>> = { 1: ' (≤ 1.10 wanted)', 16: ' (≤ 1.03 wanted)' };
const PICTURE_BYTES = 1200 * 900 * 3;
const PATH = EXTENDED_SERVICE.predict.path;

/** Of all rounds together, with the standard error that the ratios of the single rounds tell. */
function ratioOf(ours: readonly number[], engine: readonly number[]): string {
  const ratio = mean(ours) / mean(engine);
  const squares = ours.reduce((sum, ms, index) => sum + (ms / engine[index] - ratio) ** 2, 0);
  const error = Math.sqrt(squares / Math.max(1, ours.length - 1) / ours.length);
  return `${ratio.toFixed(3)} ± ${error.toFixed(3)}`;
}

interface Batch {
  readonly batch: number;
  /** Milliseconds for a picture, of the pipeline and of the bare engine. */
  readonly ours: number;
  readonly engine: number;
}

/** Whole requests against runs of the bare engine on the same pictures, in turns. */
async function againstEngine(
  server: ServerProcess,
  bare: BareModel,
  panels: readonly PaintedPanel[],
): Promise<void> {
  const client = new InferenceClient({ address: server.ready.grpc });
  const measured: Batch[] = [];
  for (const batch of BATCHES) measured.push(await measureBatch(batch, server, client, bare, panels));
  const [one, ...others] = measured;
  for (const { batch, ours, engine } of others) {
    const ratios = `${(ours / one.ours).toFixed(2)}, with the bare engine ${(engine / one.engine).toFixed(2)}`;
    say(`batch ${batch}: time a picture to that of batch 1`, ratios);
  }
  const [now, peak] = [server.residentMb('now').toFixed(0), server.residentMb('peak').toFixed(0)];
  say('resident memory of the server', `now ${now} MB, peak ${peak} MB`);
  client.close();
}

async function measureBatch(
  batch: number,
  server: ServerProcess,
  client: InferenceClient,
  bare: BareModel,
  panels: readonly PaintedPanel[],
): Promise<Batch> {
  const chosen = Array.from({ length: batch }, (_, index) => panels[index % panels.length]);
  const data = new Uint8Array(Buffer.concat(chosen.map(({ pixels }) => pixels)));
  const request = { array: { dtype: 'uint8' as const, shape: [batch, 900, 1200, 3], data } };
  const inputs = chosen.map((panel) => bare.input(panel));
  // Half of the engine's pictures come before the request and half after it, so that both meet the same machine. Of a
  // single picture both halves are the same one.
  const halves = [inputs.slice(0, Math.ceil(batch / 2)), inputs.slice(-Math.ceil(batch / 2))];
  const shares = (halves[0].length + halves[1].length) / batch;
  /** What the server has spent on messages, each from its arrival to its response. */
  const processedMs = async (): Promise<number> =>
    (await readSeries(server, 'inference_request_processing_seconds_sum')) * 1000;
  const once = async () => {
    const before = await bare.time(halves[0]);
    const [cpuMs, startMs] = [server.cpuMs(), await processedMs()];
    const seen = await timed(() => client.predict(request));
    const ours = (await processedMs()) - startMs;
    const oursCpu = server.cpuMs() - cpuMs;
    const after = await bare.time(halves[1]);
    const [engine, engineCpu] = [before.ms + after.ms, before.cpuMs + after.cpuMs].map((ms) => ms / shares);
    return { seen, ours, oursCpu, engine, engineCpu };
  };
  await once();
  const { rounds } = await inTurns(ROUNDS[batch], { rounds: once });
  const of = (key: keyof (typeof rounds)[number]): number[] => rounds.map((round) => round[key]);
  const each = { batch, ours: mean(of('ours')) / batch, engine: mean(of('engine')) / batch };
  say(
    `batch ${batch}: pipeline / bare session.run`,
    `${ratioOf(of('ours'), of('engine'))}${WANTED[batch] ?? ''}; ${each.ours.toFixed(1)} and ${each.engine.toFixed(1)} ms a picture`,
  );
  say(`batch ${batch}: the same with the transfer of the message`, ratioOf(of('seen'), of('engine')));
  const cpu = (mean(of('oursCpu')) / mean(of('engineCpu'))).toFixed(3);
  say(`batch ${batch}: CPU of the server / of the bare engine`, cpu);
  return each;
}

/** Fall detection in a server that works on batches of 16 all the time, which another process sends. */
async function besideHeavy(server: ServerProcess): Promise<void> {
  const { fromDue, counts } = await using(startProgram('heavy-client', [server.ready.grpc]), () =>
    runLoad({
      ...{ address: server.ready.grpc, path: PATH, frames: fallDetectionFrames(256), clients: 2 },
      pipeline: 'fall-detection',
      load: { kind: 'devices', devices: 25, rateHz: 4 },
      warmUpMs: 500,
      durationMs: scale === 'full' ? 30_000 : 10_000,
    }),
  );
  say(
    'fall detection beside batches of 16 pictures',
    `median ${fromDue.median.toFixed(2)} ms, p99 ${fromDue.p99.toFixed(2)} ms (≤ 20 wanted), max ${fromDue.max.toFixed(0)} ms; ${counts.lost} of ${counts.sent} lost`,
  );
}

/** Messages of 16 pictures there and back, against a bare echo of bytes. */
async function echo(folder: string): Promise<void> {
  const format = { dtype: 'uint8' as const, shape: [16, 900, 1200, 3] };
  const graph = new OnnxGraph('identity');
  graph.input('x', 'uint8', format.shape);
  graph.output(graph.node('Identity', ['x'], { name: 'y' }), 'uint8', format.shape);
  mkdirSync(join(folder, 'model/identity/1'), { recursive: true });
  writeFileSync(join(folder, 'model/identity/1/model.onnx'), encodeOnnxModel(graph));
  const document = join(folder, 'echo.json');
  const pipeline = {
    ...{ name: 'echo', input: { x: format }, output: { y: format } },
    ...{ model: { name: 'identity', version: '1' }, inferencer: { execution: 'inline' } },
  };
  writeFileSync(document, JSON.stringify(pipeline));
  const data = new Uint8Array(16 * PICTURE_BYTES).fill(7);
  const x = toTensorProto(tensor('uint8', format.shape, data));
  const message = encodeExtendedRequest({ id: 0, tensors: [['x', x]] });
  const load = { frames: [frame(message)], clients: 1, load: { kind: 'closed', inFlight: 1 } as const };
  const rate = async ({ ready }: ServerProcess, path: string): Promise<number> => {
    const times = { warmUpMs: 500, durationMs: 3_000 };
    return (await runLoad({ ...load, ...times, address: ready.grpc, path })).answersPerSecond;
  };
  let peakMb = 0;
  const rates = await inTurns(5, {
    bare: () => using(startProgram('echo-server'), (bare) => rate(bare, '/echo.Echo/predict')),
    ours: () =>
      using(serve([document, '--components', folder]), async (server) => {
        const idleMb = server.residentMb('now');
        const ours = await rate(server, PATH);
        peakMb = Math.max(peakMb, server.residentMb('peak') - idleMb);
        return ours;
      }),
  });
  const megabytes = message.length / 1e6;
  const [oursMb, bareMb] = [rates.ours, rates.bare].map((each) => (median(each) * megabytes).toFixed(0));
  say(
    `echo of ${megabytes.toFixed(0)} MB to a bare echo`,
    `${medianRatio(rates.ours, rates.bare).toFixed(2)} (≥ 0.7 wanted); ${oursMb} and ${bareMb} MB/s`,
  );
  say('peak memory of the echo beyond idle', `${(peakMb / megabytes).toFixed(1)} messages (≤ 6 wanted)`);
}

async function main(): Promise<void> {
  sayMachine(`model ${scale}${scale === 'small' ? ' (the wanted figures are of the full one)' : ''}`);
  const folder = mkdtempSync(join(tmpdir(), 'mis-bench-'));
  try {
    const home = join(folder, 'model/scratch-detection/1.0.0');
    mkdirSync(home, { recursive: true });
    const model = join(home, 'model.onnx');
    writeFileSync(model, buildScratchDetectionModel({ scale }));
    // In a folder of its own the document has no other model beside it.
    copyFileSync(pipelineDocument('scratch-detection'), join(folder, 'pipeline.yaml'));
    const served = [join(folder, 'pipeline.yaml'), '--components', folder];
    const panels = [1, 2, 3, 4].map((seed) => paintPanel({ seed, scratches: seed % 4 }));
    // First: with the engine's memory in this process, garbage collection would delay the clock of the requests.
    await using(serve([...served, pipelineDocument('fall-detection')]), besideHeavy);
    const bare = await BareModel.open(model);
    const stepMs = await measureSteps(bare, panels[2]);
    say('steps before and after the model, one picture', `${stepMs.toFixed(1)} ms CPU (≤ 8 wanted)`);
    await using(serve(served), (server) => againstEngine(server, bare, panels));
    await bare.close();
    await echo(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
