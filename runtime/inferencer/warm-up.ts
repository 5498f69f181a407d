import { InferenceError } from '../errors';
import { messageOf } from '../../contracts/program/problem';
import { sliceRows } from './batch';
import { whyNoBatchAxis, whyRowsDiffer } from './batch-axis';
import { type NamedTensors } from '../tensor/tensor';
import { type ModelSession } from './sessions/model-session';
import { makeFeeds, type FeedPlan, type Formats } from './warm-up-feeds';

/** What trying a model has told. */
export interface WarmUp {
  /** Whether requests may share a run: the model says so, and a batch has been seen to answer as its rows do. */
  readonly batchable: boolean;
  /** Why they may not. */
  readonly whyNotBatchable?: string;
  /** Milliseconds that a run of a full batch takes (of one request, when requests cannot share one), at least. */
  readonly fullRunMs: number;
  /** Makes inputs of one request that the model is known to take. */
  readonly makeFeeds?: () => NamedTensors;
  /** Why the model could not be tried; `fullRunMs` says nothing then. */
  readonly refusal?: string;
}

export interface WarmUpOptions {
  /** What the pipeline knows of the model's inputs, by the model's names. */
  readonly inputFormats: Formats;
  /** Most rows in one run; 1 when requests must not share one. */
  readonly maxBatchSize: number;
  /** A model that takes longer than this for a run is not tried further with full batches, in milliseconds. */
  readonly limitMs: number;
  /** A model whose first run takes longer is not tried further at all, in milliseconds. Default: every model is. */
  readonly giveUpMs?: number;
}

/** Sizes to try on axes that neither the model nor the pipeline fixes: texts are short, pictures are not. */
const FREE_SIZES = [8, 64, 1, 224];
const VALUES: readonly FeedPlan['values'][] = ['random', 'zeros', 'ones'];
/** Rows of the batch that is compared with its rows; slow models get fewer. */
const PROBE_ROWS = 5;
const SLOW_PROBE_ROWS = 2;
const SLOW_MS = 50;
/** Enough runs for a time that is not the first run's. */
const MOST_RUNS = 5;
const LEAST_RUNS = 2;

/**
 * Runs a fresh session on made-up inputs: its first run is slow, and the next ones tell how long a run takes and whether
 * requests may share one. A model that takes none of the inputs is reported, not refused: real ones may suit it.
 */
export async function warmUp(session: ModelSession, options: WarmUpOptions): Promise<WarmUp> {
  const whyNot = options.maxBatchSize === 1 ? 'it is turned off' : whyNoBatchAxis(session.metadata);
  const trial = await findFeeds(session, options.inputFormats, whyNot === undefined ? 1 : undefined);
  if ('refusal' in trial) {
    const whyNotBatchable = whyNot ?? 'the model took none of the inputs that were made up for a check';
    return { batchable: false, whyNotBatchable, fullRunMs: 0, refusal: trial.refusal };
  }
  const feedsOfOne = (): NamedTensors => makeFeeds(session.metadata, options.inputFormats, trial.plan);
  return { ...(await measureRuns(session, options, trial.plan, whyNot)), makeFeeds: feedsOfOne };
}

async function measureRuns(
  session: ModelSession,
  options: WarmUpOptions,
  plan: FeedPlan,
  whyNot: string | undefined,
): Promise<WarmUp> {
  const { giveUpMs = Infinity } = options;
  if (session.lastRunMs > giveUpMs) {
    return { batchable: false, whyNotBatchable: 'the model is slow', fullRunMs: session.lastRunMs };
  }
  const oneRunMs = await measure(session, makeFeeds(session.metadata, options.inputFormats, plan));
  if (whyNot !== undefined) return { batchable: false, whyNotBatchable: whyNot, fullRunMs: oneRunMs };
  return warmUpBatches(session, options, plan, oneRunMs);
}

async function warmUpBatches(
  session: ModelSession,
  options: WarmUpOptions,
  plan: FeedPlan,
  oneRunMs: number,
): Promise<WarmUp> {
  const notBatchable = (whyNotBatchable: string): WarmUp => ({
    batchable: false,
    whyNotBatchable,
    fullRunMs: oneRunMs,
  });
  if (plan.values !== 'random') return notBatchable('the model took no inputs that differ from row to row');
  try {
    const difference = await probeRows(session, options, plan, oneRunMs);
    if (difference !== undefined) return notBatchable(difference);
    // A full batch takes at least as long as one row; of a slow model nobody needs to know how long.
    if (oneRunMs > options.limitMs) return { batchable: true, fullRunMs: oneRunMs };
    const full = makeFeeds(session.metadata, options.inputFormats, { ...plan, rows: options.maxBatchSize });
    return { batchable: true, fullRunMs: await measure(session, full) };
  } catch (error) {
    if (isLost(error)) throw error;
    return notBatchable(`the model failed on a batch: ${messageOf(error)}`);
  }
}

/** Runs a few different rows one by one and together. */
async function probeRows(
  session: ModelSession,
  options: WarmUpOptions,
  plan: FeedPlan,
  oneRunMs: number,
): Promise<string | undefined> {
  const rows = oneRunMs > SLOW_MS ? SLOW_PROBE_ROWS : PROBE_ROWS;
  const batch = makeFeeds(session.metadata, options.inputFormats, { ...plan, rows });
  const single: NamedTensors[] = [];
  for (let row = 0; row < rows; row++) single.push(await session.run(takeRow(batch, row), false));
  return whyRowsDiffer(await session.run(batch, false), single);
}

function takeRow(batch: NamedTensors, row: number): NamedTensors {
  return sliceRows(Object.keys(batch), batch, row, 1);
}

/** The first plan whose inputs the model takes. */
async function findFeeds(
  session: ModelSession,
  inputFormats: Formats,
  rows: number | undefined,
): Promise<{ readonly plan: FeedPlan } | { readonly refusal: string }> {
  let refusal = '';
  const tried = new Set<string>();
  for (const freeSize of FREE_SIZES) {
    for (const values of VALUES) {
      const plan = { rows, freeSize, values };
      const feeds = makeFeeds(session.metadata, inputFormats, plan);
      const shapes = JSON.stringify([values, Object.values(feeds).map(({ shape }) => shape)]);
      if (tried.has(shapes)) continue;
      tried.add(shapes);
      try {
        await session.run(feeds, false);
        return { plan };
      } catch (error) {
        if (isLost(error)) throw error;
        refusal ||= messageOf(error);
      }
    }
  }
  return { refusal };
}

/** Milliseconds of the fastest of a few runs; fewer of a slow model. */
async function measure(session: ModelSession, feeds: NamedTensors): Promise<number> {
  let fastestMs = Infinity;
  let totalMs = 0;
  for (let run = 0; run < LEAST_RUNS || (run < MOST_RUNS && totalMs < SLOW_MS); run++) {
    await session.run(feeds, false);
    totalMs += session.lastRunMs;
    fastestMs = Math.min(fastestMs, session.lastRunMs);
    if (fastestMs > SLOW_MS) break;
  }
  return fastestMs;
}

function isLost(error: unknown): boolean {
  return error instanceof InferenceError && error.code === 'WORKER_LOST';
}
