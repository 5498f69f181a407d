/**
 * What the batcher costs: fall detection through it, beside the same model without it, in one run of about ten seconds.
 * `node lib/scripts/benchmark/bench-batcher.js` after `npm run build`.
 */
import { join } from 'node:path';
import { Batcher } from '../../runtime/inferencer/batcher';
import { type NamedTensors } from '../../runtime/tensor/tensor';
import { InlineSession } from '../../runtime/inferencer/sessions/inline-session';
import { tensor } from '../../runtime/tensor/tensor';
import { findPackageRoot } from '../../contracts/program/package-root';

const MODEL = 'stacks/pipelines/fall-detection/components/model/fall-detection/pilot-2-2/model.onnx';
const ROW = 9 * 4;
const MAX_BATCH_SIZE = 64;
const IN_FLIGHT = 256;
/** Phases take turns, and the best of each counts: what else the machine does hits all of them alike. */
const ROUNDS = 4;
const PHASE_MS = 450;

interface Phase {
  readonly what: string;
  /** Answers some requests, and tells how many. */
  readonly work: () => Promise<number>;
  requestsPerSecond: number;
}

/** So many windows of made-up, normalized observations. */
function windows(rows: number): NamedTensors {
  const data = Float32Array.from({ length: rows * ROW }, (_, index) => Math.sin(index));
  return { input: tensor('float32', [rows, 9, 4], data) };
}

async function measure(phase: Phase): Promise<void> {
  const startMs = performance.now();
  let requests = 0;
  while (performance.now() - startMs < PHASE_MS) requests += await phase.work();
  const requestsPerSecond = requests / ((performance.now() - startMs) / 1000);
  phase.requestsPerSecond = Math.max(phase.requestsPerSecond, requestsPerSecond);
}

function bare(session: InlineSession, rows: number): () => Promise<number> {
  const feeds = windows(rows);
  return async () => {
    for (let run = 0; run < 20; run++) await session.run(feeds);
    return 20 * rows;
  };
}

function batched(batcher: Batcher, inFlight: number): () => Promise<number> {
  const inputs = Array.from({ length: inFlight }, () => windows(1));
  return async () => {
    let left = 5_000;
    const caller = async (input: NamedTensors): Promise<void> => {
      while (left-- > 0) await batcher.predict(input);
    };
    await Promise.all(inputs.map(caller));
    return 5_000;
  };
}

async function main(): Promise<void> {
  const modelFile = join(findPackageRoot(__dirname), MODEL);
  const session = await InlineSession.open({ modelFile, threads: 1 });
  const batcher = new Batcher([session], {
    batchable: true,
    maxBatchSize: MAX_BATCH_SIZE,
    maxQueueDelayMs: 0,
    maxQueueSize: 1024,
  });
  const phases = Object.entries({
    'model alone, one row a run': bare(session, 1),
    [`model alone, ${MAX_BATCH_SIZE} rows a run`]: bare(session, MAX_BATCH_SIZE),
    'batcher, 1 request in flight': batched(batcher, 1),
    'batcher, 16 requests in flight': batched(batcher, 16),
    [`batcher, ${IN_FLIGHT} requests in flight`]: batched(batcher, IN_FLIGHT),
  }).map(([what, work]): Phase => ({ what, work, requestsPerSecond: 0 }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const phase of phases) await measure(phase);
  }
  await batcher.close();
  print(phases);
}

function print(phases: readonly Phase[]): void {
  const [oneRow, fullBatch] = phases;
  process.stdout.write(`${'fall detection, inline'.padEnd(34)} requests/s  × one row  × full batch\n`);
  for (const { what, requestsPerSecond } of phases) {
    const columns = [
      Math.round(requestsPerSecond).toLocaleString('en').padStart(10),
      (requestsPerSecond / oneRow.requestsPerSecond).toFixed(2).padStart(10),
      (requestsPerSecond / fullBatch.requestsPerSecond).toFixed(2).padStart(13),
    ];
    process.stdout.write(`${what.padEnd(34)} ${columns.join(' ')}\n`);
  }
  process.stdout.write(`resident memory ${Math.round(process.memoryUsage.rss() / 1e6)} MB\n`);
}

void main();
