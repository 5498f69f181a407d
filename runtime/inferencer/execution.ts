import { type InferencerDocument } from '../definition/pipeline-document';
import { ConfigurationError } from '../../contracts/program/problem';
import { InferenceError } from '../errors';
import { type ModelSteps } from './model-side/model-steps';
import { InlineSession } from './sessions/inline-session';
import { type ModelSession, type SessionState } from './sessions/model-session';
import { type SteppedModelOptions } from './sessions/stepped-model';
import { WorkerSession } from './sessions/worker-session';
import { warmUp, type WarmUp } from './warm-up';
import { type Formats } from './warm-up-feeds';

/** Where a model runs: in the thread that serves, or in worker threads. */
export type Execution = 'inline' | 'worker';

/** Sessions of one model, warmed up. */
export interface OpenSessions {
  readonly sessions: readonly ModelSession[];
  readonly execution: Execution;
  readonly threads: number;
  readonly warmUp: WarmUp;
  /** Opens and warms up one more, as one of `workers`; absent where the model runs in the main thread. */
  readonly openSession?: (worker: number, workers: number) => Promise<ModelSession>;
}

/** Which model to open, and what it may use. */
export interface ModelOptions {
  readonly modelFile: string;
  readonly document: InferencerDocument;
  /** Steps that run in the thread of the model. Default: none. */
  readonly steps?: ModelSteps;
  /** Formats that the pipeline knows of the model's inputs, by the model's names; they make better trial inputs. */
  readonly inputFormats?: Formats;
  /** Whole CPUs that this process may use. */
  readonly cpus: number;
  /** Whether a small model may be tried in this thread, which then serves nothing else yet. */
  readonly allowInlineTrial: boolean;
  /** Told when a worker is lost, is back, or is given up for a while. */
  readonly onWorkerState?: (worker: number, state: SessionState, reason: string) => void;
}

export interface OpenSessionsOptions extends ModelOptions {
  /** Parameters of the engine, as its schema completes them. */
  readonly parameters: unknown;
  /** Size of the model file. */
  readonly modelBytes: number;
  /** 1 when requests must not share a run. */
  readonly maxBatchSize: number;
}

/** Longest run that may block the main thread. */
const INLINE_LIMIT_MS = 1;
/** The first run is slower than later ones; if it takes longer than this, the model is not small enough to run inline. */
const TRIAL_LIMIT_MS = 20;
/** Models up to this size load in a few milliseconds: trying one in the main thread costs less than starting a worker. */
const TRIAL_BYTES = 1024 * 1024;
/** Longest loading that may block a main thread that serves already. */
const OPEN_LIMIT_MS = 20;

/**
 * Opens a model where its document says. `auto` measures: small models are tried in the main thread where it may be blocked,
 * and stay there when a full run is short; the others are measured in a worker, and moved to the main thread when they turn
 * out to be as short. A model whose runs have a limit gets a worker: only there a run can be given up.
 * @throws ConfigurationError when the model cannot be loaded.
 */
export async function openSessions(options: OpenSessionsOptions): Promise<OpenSessions> {
  const { document, modelBytes, allowInlineTrial } = options;
  if (document.execution === 'inline') return openInline(options, document.threads ?? options.cpus);
  const { workers: count = 1, hangLimitMs } = document;
  if (document.execution === 'worker' || count > 1 || hangLimitMs !== undefined) return openWorkers(options);
  if (allowInlineTrial && modelBytes <= TRIAL_BYTES) {
    const trial = await openInline(options, document.threads ?? 1, TRIAL_LIMIT_MS);
    if (isShort(trial.warmUp)) return trial;
    await closeAll(trial.sessions);
    return openWorkers(options);
  }
  const workers = await openWorkers(options);
  if (!isShort(workers.warmUp)) return workers;
  if (!allowInlineTrial && workers.openMs > OPEN_LIMIT_MS) return workers;
  const inline = await openInline(options, document.threads ?? 1);
  await closeAll(workers.sessions);
  return inline;
}

function isShort({ refusal, fullRunMs }: WarmUp): boolean {
  return refusal === undefined && fullRunMs <= INLINE_LIMIT_MS;
}

async function openInline(
  options: OpenSessionsOptions,
  threads: number,
  giveUpMs?: number,
): Promise<OpenSessions> {
  const session = await InlineSession.open(modelOf(options, threads));
  try {
    const warm = await tryModel(session, options, giveUpMs);
    return { sessions: [session], execution: 'inline', threads, warmUp: warm };
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function openWorkers(
  options: OpenSessionsOptions,
): Promise<OpenSessions & { readonly openMs: number }> {
  const { workers = 1 } = options.document;
  // All of them are warmed up: the first run of a session is slow.
  const opening = Array.from({ length: workers }, (_, worker) => openWorker(options, worker, workers));
  const results = await Promise.allSettled(opening);
  const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await closeAll(opened.map(({ session }) => session));
    throw failed.reason;
  }
  const [{ session, warmUp: warm }] = opened;
  return {
    sessions: opened.map((one) => one.session),
    execution: 'worker',
    threads: threadsOf(options, workers),
    warmUp: warm,
    openMs: session.openMs,
    openSession: async (worker, of) => (await openWorker(options, worker, of)).session,
  };
}

/** One worker of several, warmed up. @throws ConfigurationError */
async function openWorker(
  options: OpenSessionsOptions,
  worker: number,
  workers: number,
): Promise<{ readonly session: WorkerSession; readonly warmUp: WarmUp }> {
  const { document, modelFile, onWorkerState } = options;
  const session = await WorkerSession.open({
    ...modelOf(options, threadsOf(options, workers)),
    hangLimitMs: document.hangLimitMs,
    onState: (state, reason) => onWorkerState?.(worker, state, reason),
  });
  try {
    const warm = await tryModel(session, options);
    if (warm.makeFeeds !== undefined) session.tryWith(warm.makeFeeds);
    return { session, warmUp: warm };
  } catch (error) {
    await session.close();
    if (!(error instanceof InferenceError)) throw error;
    throw new ConfigurationError(modelFile, [
      { path: '', message: `the model could not be warmed up: ${error.message}` },
    ]);
  }
}

function modelOf(
  { document, modelFile, parameters, steps }: OpenSessionsOptions,
  threads: number,
): SteppedModelOptions {
  return { engine: document.use, modelFile, threads, parameters, steps };
}

/** Threads inside one run of one of `workers`. */
function threadsOf({ document, cpus }: OpenSessionsOptions, workers: number): number {
  return document.threads ?? Math.max(1, Math.floor(cpus / workers));
}

function tryModel(session: ModelSession, options: OpenSessionsOptions, giveUpMs?: number): Promise<WarmUp> {
  const { inputFormats = {}, maxBatchSize } = options;
  return warmUp(session, { inputFormats, maxBatchSize, limitMs: INLINE_LIMIT_MS, giveUpMs });
}

async function closeAll(sessions: readonly ModelSession[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.close()));
}
