import { type InferencerDocument } from '../definition/pipeline-document';
import { ConfigurationError } from '../../contracts/program/problem';
import { InferenceError } from '../errors';
import { type ModelSteps } from './model-side/model-steps';
import { InlineSession } from './sessions/inline-session';
import { type ModelSession, type SessionState } from './sessions/model-session';
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
}

/** Which model to open, and what it may use. */
export interface ModelOptions {
  /** Path of the `.onnx` file. */
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
  /** Size of the model file. */
  readonly modelBytes: number;
  /** 1 when requests must not share a run. */
  readonly maxBatchSize: number;
}

/** Runs up to this may keep the serving thread. */
const INLINE_LIMIT_MS = 1;
/** A first run is slower than those after it; one that takes longer than this is none of a tiny model. */
const TRIAL_LIMIT_MS = 20;
/** Models up to this load in a few milliseconds: trying one here costs less than a thread. */
const TRIAL_BYTES = 1024 * 1024;
/** Loading up to this may keep a thread that serves already. */
const OPEN_LIMIT_MS = 20;

/**
 * Opens a model where its document says. `auto` measures: small models are tried in this thread when it may be kept
 * waiting, and stay there when a full run is short; the others are measured in a worker, and moved here when they turn
 * out to be as short. A model whose runs have a limit gets a worker: only there they can be given up.
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
  const session = await InlineSession.open({ modelFile: options.modelFile, threads, steps: options.steps });
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
  const { document, cpus, modelFile, steps, onWorkerState } = options;
  const workers = document.workers ?? 1;
  const threads = document.threads ?? Math.max(1, Math.floor(cpus / workers));
  const opening = Array.from({ length: workers }, (_, worker) =>
    WorkerSession.open({
      modelFile,
      threads,
      steps,
      hangLimitMs: document.hangLimitMs,
      onState: (state, reason) => onWorkerState?.(worker, state, reason),
    }),
  );
  try {
    const sessions = await Promise.all(opening);
    // All of them: the first run of a session is slow.
    const [warm] = await Promise.all(sessions.map((session) => tryModel(session, options)));
    const { makeFeeds } = warm;
    if (makeFeeds !== undefined) for (const session of sessions) session.tryWith(makeFeeds);
    return { sessions, execution: 'worker', threads, warmUp: warm, openMs: sessions[0].openMs };
  } catch (error) {
    const opened = await Promise.allSettled(opening);
    await closeAll(opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
    if (!(error instanceof InferenceError)) throw error;
    throw new ConfigurationError(modelFile, [
      { path: '', message: `the model could not be warmed up: ${error.message}` },
    ]);
  }
}

function tryModel(session: ModelSession, options: OpenSessionsOptions, giveUpMs?: number): Promise<WarmUp> {
  const { inputFormats = {}, maxBatchSize } = options;
  return warmUp(session, { inputFormats, maxBatchSize, limitMs: INLINE_LIMIT_MS, giveUpMs });
}

async function closeAll(sessions: readonly ModelSession[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.close()));
}
