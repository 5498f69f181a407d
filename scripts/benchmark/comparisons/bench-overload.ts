import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { frame } from '../driver/requests/frame';
import { fallDetectionFrames } from './fall-detection-frames';
import { percentile, say, sayMachine } from './figures';
import { heavyRequest, writeHeavyPipeline } from './overload/heavy-pipeline';
import { runOverload, type OverloadOptions, type OverloadResult } from './overload/overload-run';
import { pipelineDocument, serve, SERVER_CPU, using } from './served';

// npm run bench:overload [-- --seconds 60 --times 10 --streams 16]: a pipeline that is asked ten times what it can answer.

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    times: { type: 'string', default: '10' },
    streams: { type: 'string', default: '16' },
  },
});
const [overloadSeconds, times, streams] = [given.seconds, given.times, given.streams].map(Number);
if (![overloadSeconds, times, streams].every((value) => Number.isFinite(value) && value >= 1)) {
  throw new RangeError(`--seconds, --times and --streams must be numbers ≥ 1, got ${JSON.stringify(given)}`);
}

const PEAK_SECONDS = 5;
const WANTED = { goodput: 0.9, recoveryMs: 2000 };

function report(name: string, result: OverloadResult): void {
  const rate = (perSecond: number): string => `${perSecond.toFixed(0)}/s`;
  const latency = (ms: readonly number[]): string =>
    `median ${percentile(ms, 50).toFixed(1)} ms, p99 ${percentile(ms, 99).toFixed(1)} ms`;
  const { peak, good, memoryMb, recoveryMs } = result;
  const lines = {
    peak: `${rate(peak.perSecond)}, ${peak.perCpuSecond.toFixed(0)} a second of its CPU`,
    [`${times} times as much for ${overloadSeconds} s`]: `${rate(good.perSecond)}, ${good.perCpuSecond.toFixed(0)} a second of its CPU`,
    'refused, held back by flow control': `${rate(result.refusedPerSecond)}, ${rate(result.heldBackPerSecond)}`,
    'goodput / peak': `${(good.perSecond / peak.perSecond).toFixed(2)}, by CPU ${(good.perCpuSecond / peak.perCpuSecond).toFixed(2)} (≥ ${WANTED.goodput} wanted)`,
    'one that sends 50/s, before': latency(result.quietMs),
    'the same during the overload': latency(result.overloadMs),
    'resident memory': `${memoryMb.before.toFixed(0)} MB before, ${memoryMb.peak.toFixed(0)} MB at most, ${memoryMb.after.toFixed(0)} MB after`,
    'recovered after': `${recoveryMs.toFixed(0)} ms (≤ ${WANTED.recoveryMs} wanted)`,
  };
  for (const [label, text] of Object.entries(lines)) say(`${name}: ${label}`, text);
}

async function measure(
  document: string,
  load: Pick<OverloadOptions, 'pipeline' | 'frames' | 'window'>,
): Promise<void> {
  const options = { ...load, streams, times, overloadSeconds, peakSeconds: PEAK_SECONDS };
  const result = await using(serve([document], SERVER_CPU), (server) => runOverload(server, options));
  report(load.pipeline, result);
}

async function main(): Promise<void> {
  sayMachine('server pinned to one core');
  const heavy = writeHeavyPipeline();
  try {
    await measure(heavy.document, { pipeline: 'heavy', frames: [frame(heavyRequest())], window: 8 });
  } finally {
    rmSync(heavy.folder, { recursive: true });
  }
  const frames = fallDetectionFrames(1024);
  await measure(pipelineDocument('fall-detection'), { pipeline: 'fall-detection', frames, window: 64 });
}

void main();
