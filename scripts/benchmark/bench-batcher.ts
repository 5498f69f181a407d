/**
 * What the batcher costs: fall detection through it, beside the same model without it, in one run of about ten seconds.
 * `node lib/scripts/benchmark/bench-batcher.js` after `npm run build`.
 */
import { join } from 'node:path';
import { Batcher } from '../../runtime/inferencer/batcher';
import { type NamedTensors } from '../../runtime/inferencer/inferencer';
import { InlineSession } from '../../runtime/inferencer/sessions/inline-session';
import { tensor } from '../../runtime/tensor/tensor';
import { findPackageRoot } from '../package-root';

const MODEL = 'stacks/pipelines/fall-detection/components/model/fall-detection/pilot-2-2/model.onnx';
const ROW = 9 * 4;
const MAX_BATCH_SIZE = 64;
const IN_FLIGHT = 256;
const PHASE_MS = 1_400;

interface Result {
  readonly what: string;
  readonly requestsPerSecond: number;
}

/** So many windows of made-up, normalized observations. */
function windows(rows: number): NamedTensors {
  const data = Float32Array.from({ length: rows * ROW }, (_, index) => Math.sin(index));
  return { input: tensor('float32', [rows, 9, 4], data) };
}

/** Calls `work`, which reports how many requests it answered, until the time is over. */
async function measure(what: string, work: () => Promise<number>): Promise<Result> {
  const startMs = performance.now();
  let requests = 0;
  while (performance.now() - startMs < PHASE_MS) requests += await work();
  return { what, requestsPerSecond: requests / ((performance.now() - startMs) / 1000) };
}

function bare(session: InlineSession, rows: number): () => Promise<number> {
  const feeds = windows(rows);
  return async () => {
    for (let run = 0; run < 50; run++) await session.run(feeds);
    return 50 * rows;
  };
}

function batched(batcher: Batcher, inFlight: number): () => Promise<number> {
  const inputs = Array.from({ length: inFlight }, () => windows(1));
  return async () => {
    let left = 20_000;
    const caller = async (input: NamedTensors): Promise<void> => {
      while (left-- > 0) await batcher.predict(input);
    };
    await Promise.all(inputs.map(caller));
    return 20_000;
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
  await batched(batcher, IN_FLIGHT)();
  const results = [
    await measure('model alone, one row a run', bare(session, 1)),
    await measure(`model alone, ${MAX_BATCH_SIZE} rows a run`, bare(session, MAX_BATCH_SIZE)),
    await measure('batcher, 1 request in flight', batched(batcher, 1)),
    await measure('batcher, 16 requests in flight', batched(batcher, 16)),
    await measure(`batcher, ${IN_FLIGHT} requests in flight`, batched(batcher, IN_FLIGHT)),
  ];
  await batcher.close();
  print(results);
}

function print(results: readonly Result[]): void {
  const [oneRow, fullBatch] = results;
  process.stdout.write(`${'fall detection, inline'.padEnd(34)} requests/s  × one row  × full batch\n`);
  for (const { what, requestsPerSecond } of results) {
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
