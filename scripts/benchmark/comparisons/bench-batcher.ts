import { join } from 'node:path';
import { Batcher } from '../../../runtime/inferencer/batcher';
import { InlineSession } from '../../../runtime/inferencer/sessions/inline-session';
import { type NamedTensors, tensor } from '../../../runtime/tensor/tensor';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { say } from './figures';

// npm run bench:batcher: fall detection through the batcher, beside the same model without it, in one run of ten seconds.

const MODEL = 'stacks/pipelines/fall-detection/components/model/fall-detection/pilot-2-2/model.onnx';
const ROW = 9 * 4;
const MAX_BATCH_SIZE = 64;
/** The phases take turns, and the best of each counts: other work on the machine hits all of them alike. */
const ROUNDS = 4;
const PHASE_MS = 450;

interface Phase {
  readonly name: string;
  /** Answers some requests, and returns how many. */
  readonly work: () => Promise<number>;
  requestsPerSecond: number;
}

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
  const session = await InlineSession.open({
    modelFile: join(findPackageRoot(__dirname), MODEL),
    threads: 1,
  });
  const limits = { maxBatchSize: MAX_BATCH_SIZE, maxQueueDelayMs: 0, maxQueueSize: 1024 };
  const batcher = new Batcher([session], { batchable: true, ...limits });
  const phases = Object.entries({
    'model alone, one row a run': bare(session, 1),
    [`model alone, ${MAX_BATCH_SIZE} rows a run`]: bare(session, MAX_BATCH_SIZE),
    'batcher, 1 request in flight': batched(batcher, 1),
    'batcher, 16 requests in flight': batched(batcher, 16),
    'batcher, 256 requests in flight': batched(batcher, 256),
  }).map(([name, work]): Phase => ({ name, work, requestsPerSecond: 0 }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const phase of phases) await measure(phase);
  }
  await batcher.close();
  const [oneRow, fullBatch] = phases.map(({ requestsPerSecond }) => requestsPerSecond);
  for (const { name, requestsPerSecond: rate } of phases) {
    const ratios = `${(rate / oneRow).toFixed(2)} × one row, ${(rate / fullBatch).toFixed(2)} × full batch`;
    say(`fall detection, ${name}`, `${Math.round(rate).toLocaleString('en')} requests/s, ${ratios}`);
  }
  say('resident memory', `${Math.round(process.memoryUsage.rss() / 1e6)} MB`);
}

void main();
