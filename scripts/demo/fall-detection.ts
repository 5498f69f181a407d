import { InferenceClient } from '../../runtime/client';
import { readRecording } from '../benchmark/comparisons/fall-detection-frames';
import { type DemoOptions } from './demo-options';
import { findFallBursts, type FallBurst, type Judgement } from './fall-bursts';
import { summarizeLatency } from './latency';
import { serveUseCase } from './serve-use-case';
import { say, serveOn } from './tell';

/** Observations in one window. */
const WINDOW = 9;
const OBSERVATIONS_PER_SECOND = 2;
/** Devices that play the recording, each from its start, a little after the one before. */
const DEVICES = 4;
/** The ten minutes of the recording take this long. */
const PLAY_MS = 8_000;
const FALL_CONFIDENCE = 0.5;
const BAR_WIDTH = 24;

/** Serves the fall-detection pipeline, streams the recording at it as several devices, and prints what it found. */
export async function runFallDetectionDemo(options: DemoOptions): Promise<void> {
  const server = await serveUseCase('fall-detection', options);
  say(`fall detection is served: ready ${Math.round(server.startMs)} ms after its start`);
  say(`  gRPC      ${server.ready.grpc}`);
  say(`  metrics   http://${server.ready.http}/metrics`);
  say(`  health    http://${server.ready.http}/readyz\n`);
  try {
    await play(server.ready.grpc);
    if (options.keep) await serveOn(server);
  } finally {
    await server.stop();
  }
}

async function play(address: string): Promise<void> {
  const observations = readRecording();
  const windows = observations.length - WINDOW + 1;
  say(
    `${DEVICES} devices each send ${windows} windows: ${clock(observations.length)} minutes of a real recording, ` +
      `played in ${PLAY_MS / 1000} seconds …\n`,
  );
  const client = new InferenceClient({ address });
  const latenciesMs: number[] = [];
  const judge = async (window: number): Promise<Judgement> => {
    const data = Int16Array.from(observations.slice(window, window + WINDOW).flat());
    const sentMs = performance.now();
    const { prediction } = await client.predict({ array: { dtype: 'int16', shape: [WINDOW, 3], data } });
    latenciesMs.push(performance.now() - sentMs);
    return { window, confidence: prediction.data[0] as number };
  };
  const startMs = performance.now();
  const devices = await Promise.all(
    Array.from({ length: DEVICES }, (_, device) => playOnDevice(device, windows, startMs, judge)),
  );
  const seconds = (performance.now() - startMs) / 1000;
  client.close();
  tellFalls(devices);
  const { median, p95, p99, max } = summarizeLatency(latenciesMs);
  say(`requests  ${latenciesMs.length} answered in ${seconds.toFixed(1)} s, none failed`);
  say(`latency   median ${median} ms, p95 ${p95} ms, p99 ${p99} ms, max ${max} ms\n`);
}

/** Sends the windows of one device when they are due, whether or not earlier ones have been answered. */
async function playOnDevice(
  device: number,
  windows: number,
  startMs: number,
  judge: (window: number) => Promise<Judgement>,
): Promise<Judgement[]> {
  const intervalMs = PLAY_MS / windows;
  const answers: Promise<Judgement>[] = [];
  for (let window = 0; window < windows; window += 1) {
    const dueMs = startMs + (window + device / DEVICES) * intervalMs;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    answers.push(judge(window));
  }
  return Promise.all(answers);
}

function tellFalls(devices: readonly Judgement[][]): void {
  const bursts = findFallBursts(devices[0], FALL_CONFIDENCE, WINDOW);
  const suspicious = devices[0].filter(({ confidence }) => confidence > FALL_CONFIDENCE).length;
  say(`${suspicious} of ${devices[0].length} windows look like a fall, in ${bursts.length} places:`);
  say('  time          windows  confidence');
  for (const burst of bursts) say(describe(burst));
  const agree = devices.every((judgements) =>
    judgements.every(({ confidence }, index) => confidence === devices[0][index].confidence),
  );
  say(
    agree
      ? `  All ${DEVICES} devices got the same answers.\n`
      : '  The devices got answers that differ in their last digits.\n',
  );
}

function describe({ first, last, windows, confidence }: FallBurst): string {
  const time = `${clock(first)}–${clock(last + WINDOW)}`;
  const bar = '█'.repeat(Math.round(confidence * BAR_WIDTH)).padEnd(BAR_WIDTH, '·');
  return `  ${time.padEnd(12)}  ${String(windows).padStart(7)}  ${bar} ${confidence.toFixed(2)}`;
}

/** Minutes and seconds of the recording. */
function clock(observation: number): string {
  const seconds = Math.floor(observation / OBSERVATIONS_PER_SECOND);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
