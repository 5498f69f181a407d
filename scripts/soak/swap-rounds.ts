import { MarkedLoad } from './marked-load';
import { CHANGES, SPOILS, type MarkedPipeline } from './marked-pipeline';
import { RUNTIME_METRICS as METRICS } from '../../contracts/names/metrics';

const STREAMS = 4;
/** A swap takes two polls of the files and loading what has changed. */
const SWAP_LIMIT_MS = 30_000;
const LOOK_MS = 10;

export interface SwapOptions {
  readonly grpc: string;
  readonly http: string;
  readonly swaps: number;
  /** Versions that cannot serve, written between the swaps. */
  readonly spoils: number;
  /** Rest of each stream after a burst of requests, in milliseconds. @default 0 */
  readonly pauseMs?: number;
  /** Called when a swap is done. */
  readonly onSwap?: (swap: number) => void;
}

export interface SwapReport {
  readonly requests: number;
  readonly swapped: number;
  readonly refused: number;
  readonly faults: readonly string[];
}

/**
 * Changes a pipeline again and again while streams of requests go on: in turn its document with all that it names, its
 * model, and the code of its component, and now and then to something that cannot serve. Each answer must be there and be
 * of one version.
 */
export async function runSwaps(pipeline: MarkedPipeline, options: SwapOptions): Promise<SwapReport> {
  const { grpc, http, swaps, spoils } = options;
  const load = new MarkedLoad(grpc, pipeline.mark, STREAMS, { pauseMs: options.pauseMs });
  const before = { ok: await countReloads(http, 'ok'), refused: await countReloads(http, 'refused') };
  const count = async (outcome: 'ok' | 'refused'): Promise<number> =>
    (await countReloads(http, outcome)) - before[outcome];
  const spoilEvery = spoils === 0 ? Infinity : Math.max(1, Math.floor(swaps / spoils));
  let spoilt = 0;
  try {
    for (let swap = 1; swap <= swaps; swap += 1) {
      load.allow(pipeline.change(CHANGES[swap % CHANGES.length]));
      await until(`swap ${swap}`, () => load.isCurrent || load.faults.length > 0);
      if (load.faults.length > 0) break;
      options.onSwap?.(swap);
      if (spoilt < spoils && swap % spoilEvery === 0) {
        pipeline.spoil(SPOILS[spoilt++ % SPOILS.length]);
        await until(`refusal ${spoilt}`, async () => (await count('refused')) >= spoilt);
        const reloads = await count('ok');
        pipeline.mend();
        await until(`mending ${spoilt}`, async () => (await count('ok')) > reloads);
      }
    }
  } finally {
    await load.stop();
  }
  return {
    requests: load.answered,
    swapped: await count('ok'),
    refused: await count('refused'),
    faults: load.faults,
  };
}

async function countReloads(http: string, outcome: string): Promise<number> {
  const text = await (await fetch(`http://${http}/metrics`)).text();
  const line = new RegExp(`^${METRICS.reloads.name}\\{[^}]*outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text);
  return Number(line?.[1] ?? 0);
}

async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + SWAP_LIMIT_MS;
  while (!(await check())) {
    if (performance.now() > endMs) throw new Error(`${what} was not seen within ${SWAP_LIMIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
