import { join } from 'node:path';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { Batcher } from '../../../runtime/inferencer/batcher';
import { InlineSession } from '../../../runtime/inferencer/sessions/inline-session';
import { type NamedTensors, tensor } from '../../../runtime/tensor/tensor';
import { inTurns, say } from './figures';

// npm run bench:batcher: fall detection through the batcher, beside the same model without it, in one run of ten seconds.

const MODEL = 'stacks/pipelines/fall-detection/components/model/fall-detection/pilot-2-2/model.onnx';
const ROW = 9 * 4;
const MAX_BATCH_SIZE = 64;
/** The best round of each counts. */
const ROUNDS = 4;
const ROUND_MS = 450;

function windows(rows: number): NamedTensors {
  const data = Float32Array.from({ length: rows * ROW }, (_, index) => Math.sin(index));
  return { input: tensor('float32', [rows, 9, 4], data) };
}

/** Requests a second. @param work answers some requests, and returns how many */
async function rate(work: () => Promise<number>): Promise<number> {
  const startMs = performance.now();
  let requests = 0;
  while (performance.now() - startMs < ROUND_MS) requests += await work();
  return requests / ((performance.now() - startMs) / 1000);
}

async function main(): Promise<void> {
  const session = await InlineSession.open({
    modelFile: join(findPackageRoot(__dirname), MODEL),
    threads: 1,
  });
  const limits = { maxBatchSize: MAX_BATCH_SIZE, maxQueueDelayMs: 0, maxQueueSize: 1024 };
  const batcher = new Batcher([session], { batchable: true, ...limits });
  const bare = (rows: number) => {
    const input = windows(rows);
    return () =>
      rate(async () => {
        for (let run = 0; run < 20; run++) await session.run(input);
        return 20 * rows;
      });
  };
  const batched = (inFlight: number) => {
    const inputs = Array.from({ length: inFlight }, () => windows(1));
    return () =>
      rate(async () => {
        let left = 5_000;
        const caller = async (input: NamedTensors): Promise<void> => {
          while (left-- > 0) await batcher.predict(input);
        };
        await Promise.all(inputs.map(caller));
        return 5_000;
      });
  };
  const rates = await inTurns(ROUNDS, {
    'model alone, one row a run': bare(1),
    [`model alone, ${MAX_BATCH_SIZE} rows a run`]: bare(MAX_BATCH_SIZE),
    'batcher, 1 request in flight': batched(1),
    'batcher, 16 requests in flight': batched(16),
    'batcher, 256 requests in flight': batched(256),
  });
  await batcher.close();
  const best = Object.entries(rates).map(([name, each]) => [name, Math.max(...each)] as const);
  const [[, oneRow], [, fullBatch]] = best;
  for (const [name, each] of best) {
    const ratios = `${(each / oneRow).toFixed(2)} × one row, ${(each / fullBatch).toFixed(2)} × full batch`;
    say(`fall detection, ${name}`, `${Math.round(each).toLocaleString('en')} requests/s, ${ratios}`);
  }
  say('resident memory', `${Math.round(process.memoryUsage.rss() / 1e6)} MB`);
}

void main();
