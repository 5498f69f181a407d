import { InferenceError } from '../errors';
import { ConfigurationError, messageOf } from '../../contracts/program/problem';
import { sliceRows } from './batch';
import { whyNoBatchAxis, whyNoRows, whyRowsDiffer } from './batch-axis';
import { type NamedTensors, type Tensor } from '../tensor/tensor';
import { type InferencerDocument } from '../definition/pipeline-document';
import { ModelProcessEnded } from './sessions/model-process';
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
  readonly batching: InferencerDocument['batching'];
  /** Why rows of this model are known to change each other's answers. */
  readonly mixing?: string;
}

/** Sizes to try on axes that neither the model nor the pipeline fixes: texts are short, pictures are not. */
const FREE_SIZES = [8, 64, 1, 224];
const VALUES: readonly FeedPlan['values'][] = ['random', 'zeros', 'ones'];
/** Rows of the batch that is compared with its rows, and how many of them are ordinary; slow models get fewer. */
const PROBE = { rows: 5, ordinary: 3 };
const SLOW_PROBE = { rows: 2, ordinary: 1 };
const SLOW_MS = 50;
/** A model that takes longer than this for one row is not tried with full batches. */
const FULL_BATCH_LIMIT_MS = 1;
/** Enough runs for a time that is not the first run's. */
const MOST_RUNS = 5;
const LEAST_RUNS = 2;

/**
 * Runs a fresh session on made-up inputs: its first run is slow, and the next ones tell how long a run takes and whether
 * requests may share one. A model that takes none of the inputs is reported, not refused: real ones may suit it.
 * @throws InferenceError when the session's worker ends or hangs.
 * @throws ConfigurationError when the document wants requests to share runs of a model that has no rows.
 */
export async function warmUp(session: ModelSession, options: WarmUpOptions): Promise<WarmUp> {
  const whyNot = whyNotBatchable(session, options);
  const trial = await findFeeds(session, options.inputFormats, whyNot === undefined);
  if ('refusal' in trial) {
    const unknown = 'the model took none of the inputs that were made up for a check';
    const isSaid = isIndependent(options.batching) === true;
    return {
      batchable: whyNot === undefined && isSaid,
      ...(!isSaid && { whyNotBatchable: whyNot ?? unknown }),
      fullRunMs: 0,
      refusal: trial.refusal,
    };
  }
  const makeOne = (): NamedTensors => makeFeeds(session.metadata, options.inputFormats, trial.plan);
  const oneRunMs = await measure(session, makeOne());
  const batches =
    whyNot === undefined
      ? await warmUpBatches(session, options, trial.plan, oneRunMs)
      : { batchable: false, whyNotBatchable: whyNot, fullRunMs: oneRunMs };
  return { ...batches, makeFeeds: makeOne };
}

/** The first run of another session of a model that has been tried. @throws InferenceError when its worker ends or hangs. */
export async function warmAgain(session: ModelSession, { makeFeeds: make }: WarmUp): Promise<void> {
  if (make !== undefined) await measure(session, make());
}

function isIndependent(batching: InferencerDocument['batching']): boolean | undefined {
  return batching === false ? false : batching.independentRows;
}

/** Why requests may not share runs, as far as that is known without trying. */
function whyNotBatchable(
  { metadata }: ModelSession,
  { batching, mixing }: WarmUpOptions,
): string | undefined {
  if (batching === false || batching.maxBatchSize === 1) return 'it is turned off';
  if (batching.independentRows === false) return 'the document says that its rows depend on each other';
  if (batching.independentRows === undefined) return whyNoBatchAxis(metadata) ?? mixing;
  const whyNot = whyNoRows(metadata);
  if (whyNot === undefined) return undefined;
  throw new ConfigurationError('', [
    { path: 'inferencer.batching.independentRows', message: `cannot be true for this model: ${whyNot}` },
  ]);
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
  const { batching } = options;
  const isSaid = isIndependent(batching) === true;
  if (!isSaid && plan.values !== 'random')
    return notBatchable('the model took no inputs that differ from row to row');
  try {
    const difference = isSaid ? undefined : await probeRows(session, options, plan, oneRunMs);
    if (difference !== undefined) return notBatchable(difference);
    // A full batch takes at least as long as one row; of a slow model nobody needs to know how long.
    if (oneRunMs > FULL_BATCH_LIMIT_MS || batching === false) return { batchable: true, fullRunMs: oneRunMs };
    const full = makeFeeds(session.metadata, options.inputFormats, { ...plan, rows: batching.maxBatchSize });
    return { batchable: true, fullRunMs: await measure(session, full) };
  } catch (error) {
    if (isLost(error)) throw error;
    return notBatchable(`the model failed on a batch: ${messageOf(error)}`);
  }
}

/**
 * Runs a few different rows one by one and together. Some are loud: what rows share shows best in the answers to quiet rows
 * beside a loud one. A model that does not take loud rows is compared without.
 */
async function probeRows(
  session: ModelSession,
  options: WarmUpOptions,
  plan: FeedPlan,
  oneRunMs: number,
): Promise<string | undefined> {
  const { rows, ordinary } = oneRunMs > SLOW_MS ? SLOW_PROBE : PROBE;
  try {
    return await compareRows(session, options.inputFormats, { ...plan, rows, loudFrom: ordinary }, ordinary);
  } catch (error) {
    if (isLost(error)) throw error;
    return compareRows(session, options.inputFormats, { ...plan, rows }, rows);
  }
}

async function compareRows(
  session: ModelSession,
  inputFormats: Formats,
  plan: FeedPlan & { readonly rows: number },
  ordinary: number,
  isCompared: (tensor: Tensor) => boolean = () => true,
): Promise<string | undefined> {
  const feeds = makeFeeds(session.metadata, inputFormats, plan);
  const single: NamedTensors[] = [];
  for (let row = 0; row < plan.rows; row++) single.push(await session.run(takeRow(feeds, row), false));
  const batch = Object.entries(await session.run(feeds, false)).filter(([, tensor]) => isCompared(tensor));
  return whyRowsDiffer(Object.fromEntries(batch), single, ordinary);
}

/**
 * Why rows change each other's floats in a session of a model with more outputs than are answered. Outputs that have no row
 * for each row are left out: a threshold, say.
 */
export async function whyRowsMix(session: ModelSession, inputFormats: Formats): Promise<string | undefined> {
  const trial = await findFeeds(session, inputFormats, true);
  if ('refusal' in trial || trial.plan.values !== 'random') return undefined;
  const { rows, ordinary } = session.lastRunMs > SLOW_MS ? SLOW_PROBE : PROBE;
  const plan = { ...trial.plan, rows, loudFrom: ordinary };
  const isCompared = ({ dtype, shape }: Tensor): boolean => dtype.startsWith('float') && shape[0] === rows;
  return compareRows(session, inputFormats, plan, ordinary, isCompared);
}

function takeRow(batch: NamedTensors, row: number): NamedTensors {
  return sliceRows(Object.keys(batch), batch, row, 1);
}

/** The first plan whose inputs the model takes. */
async function findFeeds(
  session: ModelSession,
  inputFormats: Formats,
  isBatchable: boolean,
): Promise<{ readonly plan: FeedPlan } | { readonly refusal: string }> {
  let refusal = '';
  const tried = new Set<string>();
  // One row, even where axis 0 is no batch: eight large pictures would take eight times the memory.
  const sizes = FREE_SIZES.flatMap((freeSize): Omit<FeedPlan, 'values'>[] =>
    isBatchable ? [{ rows: 1, freeSize }] : [{ openRows: 1, freeSize }, { freeSize }],
  );
  for (const size of sizes) {
    for (const values of VALUES) {
      const plan = { ...size, values };
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
  return (
    error instanceof ModelProcessEnded || (error instanceof InferenceError && error.code === 'WORKER_LOST')
  );
}
