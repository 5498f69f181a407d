import { rm } from 'node:fs/promises';
import { type InferencerDocument } from '../definition/pipeline-document';
import { ConfigurationError } from '../../contracts/program/problem';
import { InferenceError } from '../errors';
import { type ModelSteps } from './model-side/model-steps';
import { type ModelInspection } from './engines/engine';
import { loadEngine } from './engines/engines';
import { InlineSession } from './sessions/inline-session';
import { ModelProcessEnded } from './sessions/model-process';
import { type ModelSession, type SessionState } from './sessions/model-session';
import { type SteppedModelOptions } from './sessions/stepped-model';
import { WorkerSession } from './sessions/worker-session';
import { warmAgain, warmUp, whyRowsMix, type WarmUp } from './warm-up';
import { type Formats } from './warm-up-feeds';

/** Where a model runs: in the main thread, in worker threads, or in processes. */
export type Execution = 'inline' | 'worker' | 'process';

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
  /** Whether loading may block the main thread, which then serves nothing else yet. */
  readonly allowInlineTrial: boolean;
  /** Told when a worker is lost, is back, or is given up for a while. */
  readonly onWorkerState?: (worker: number, state: SessionState, reason: string) => void;
}

export interface OpenSessionsOptions extends ModelOptions {
  /** Parameters of the engine, as its schema completes them. */
  readonly parameters: unknown;
  /** What the engine tells of the file. */
  readonly inspection: ModelInspection;
  /** SHA-256 of the model's files; '' when it is not known. */
  readonly digest: string;
  /** Size of the model file. */
  readonly modelBytes: number;
}

/** Longest run that may block the main thread. */
const INLINE_LIMIT_MS = 1;
/** A trial that took longer than the limit, but less than this, may have met a busy machine: another one may tell otherwise. */
const CLEARLY_LONG_MS = 20 * INLINE_LIMIT_MS;
/** Models up to this size load in a few milliseconds, which may block a main thread that serves already. */
const SMALL_BYTES = 1024 * 1024;

/**
 * Opens a model where its document says. A model that is new to this server is first loaded and tried in a process, which it
 * may end. `auto` keeps models there that may end the process later, or whose runs have a limit (only a process can be ended
 * in a run); of the others it runs those with short runs in the main thread and the rest in workers.
 * @throws ConfigurationError when the model cannot be loaded.
 */
export async function openSessions(options: OpenSessionsOptions): Promise<OpenSessions> {
  const { document, inspection, allowInlineTrial, modelBytes } = options;
  const { execution, workers = 1, hangLimitMs } = document;
  const needsProcess = inspection.hazard !== undefined || hangLimitMs !== undefined;
  if (execution === 'process' || (execution === 'auto' && needsProcess)) return openHosts(options, 'process');
  const tried = await tryOnce(options);
  if (execution === 'inline') return openInline(options, document.threads ?? options.cpus, tried);
  const isShort = tried.refusal === undefined && tried.fullRunMs <= INLINE_LIMIT_MS;
  const mayBlock = allowInlineTrial || modelBytes <= SMALL_BYTES;
  if (execution === 'auto' && workers === 1 && isShort && mayBlock) {
    return openInline(options, document.threads ?? 1, tried);
  }
  return openHosts(options, 'thread', tried);
}

/** Trials of models that this server knows already: loading one again does not start a process. */
const TRIALS = new Map<string, WarmUp>();
const MOST_TRIALS = 64;

async function tryOnce(options: OpenSessionsOptions): Promise<WarmUp> {
  const { digest, document, parameters, steps, inputFormats, cpus } = options;
  const key = JSON.stringify([digest, document, parameters, steps, inputFormats, cpus]);
  const known = TRIALS.get(key);
  if (known !== undefined) return known;
  const tried = await tryModel(options);
  const isClear = tried.fullRunMs <= INLINE_LIMIT_MS || tried.fullRunMs > CLEARLY_LONG_MS;
  if (digest !== '' && isClear) TRIALS.set(key, tried);
  if (TRIALS.size > MOST_TRIALS) TRIALS.delete(TRIALS.keys().next().value as string);
  return tried;
}

/** Loads a model in a process and tries it there. @throws ConfigurationError when it cannot be loaded, or ends the process. */
async function tryModel(options: OpenSessionsOptions): Promise<WarmUp> {
  const { session, warmUp: warm } = await openHost(options, 'process', 0, options.document.workers ?? 1);
  await session.close();
  return warm;
}

async function openInline(
  options: OpenSessionsOptions,
  threads: number,
  tried: WarmUp,
): Promise<OpenSessions> {
  const session = await InlineSession.open(modelOf(options, threads));
  try {
    await warmAgain(session, tried);
    return { sessions: [session], execution: 'inline', threads, warmUp: tried };
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function openHosts(
  options: OpenSessionsOptions,
  host: 'thread' | 'process',
  tried?: WarmUp,
): Promise<OpenSessions> {
  const { workers = 1 } = options.document;
  // All of them are warmed up: the first run of a session is slow. The first of them tries a model that is not known yet.
  const first = await openHost(options, host, 0, workers, tried);
  const rest = Array.from({ length: workers - 1 }, (_, i) =>
    openHost(options, host, i + 1, workers, first.warmUp),
  );
  const results = await Promise.allSettled(rest);
  const opened = [
    first,
    ...results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
  ];
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(opened.map(({ session }) => session.close()));
    throw failed.reason;
  }
  return {
    sessions: opened.map(({ session }) => session),
    execution: host === 'thread' ? 'worker' : 'process',
    threads: threadsOf(options, workers),
    warmUp: first.warmUp,
    openSession: async (worker, of) => (await openHost(options, host, worker, of, first.warmUp)).session,
  };
}

/**
 * One worker of several, warmed up.
 * @param tried what an earlier trial of the model has told
 * @throws ConfigurationError
 */
async function openHost(
  options: OpenSessionsOptions,
  host: 'thread' | 'process',
  worker: number,
  workers: number,
  tried?: WarmUp,
): Promise<{ readonly session: WorkerSession; readonly warmUp: WarmUp }> {
  const { document, modelFile, onWorkerState } = options;
  let isOpen = false;
  const session = await WorkerSession.open({
    ...modelOf(options, threadsOf(options, workers)),
    host,
    hangLimitMs: document.hangLimitMs,
    onState: (state, reason) => isOpen && onWorkerState?.(worker, state, reason),
  });
  try {
    const warm =
      tried ?? (await tryRuns(session, options).catch((error: unknown) => untried(error, options)));
    if (tried !== undefined) await warmAgain(session, tried);
    if (warm.makeFeeds !== undefined) session.tryWith(warm.makeFeeds);
    isOpen = true;
    return { session, warmUp: warm };
  } catch (error) {
    await session.close();
    if (!(error instanceof InferenceError)) throw error;
    throw new ConfigurationError(modelFile, [
      { path: '', message: `the model could not be warmed up: ${error.message}` },
    ]);
  }
}

/**
 * What is known of a model whose trial has ended its process. Where its operators are known to end it on some values, the
 * made-up ones say nothing about those of requests: it serves, in processes.
 * @throws what the trial threw, of all other models.
 */
function untried(error: unknown, { document, inspection }: OpenSessionsOptions): WarmUp {
  if (!(error instanceof ModelProcessEnded) || inspection.hazard === undefined) throw error;
  const { batching } = document;
  const refusal = `made-up inputs ended its process: ${error.reason}`;
  if (batching !== false && batching.independentRows === true)
    return { batchable: true, fullRunMs: 0, refusal };
  return { batchable: false, whyNotBatchable: 'the trial ended its process', fullRunMs: 0, refusal };
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

/** Tries a model that is new to this server, in a session of a process. */
async function tryRuns(session: ModelSession, options: OpenSessionsOptions): Promise<WarmUp> {
  const { document, inspection, inputFormats = {} } = options;
  const warm = await warmUp(session, {
    inputFormats,
    batching: document.batching,
    mixing: inspection.mixing,
  });
  if (!warm.batchable || document.batching === false || document.batching.independentRows === true)
    return warm;
  const whyNot = await whyDecisionsMix(options);
  return whyNot === undefined ? warm : { ...warm, batchable: false, whyNotBatchable: whyNot };
}

/** Why rows change the numbers that each other's discrete outputs are decided by; undefined when nothing shows it. */
async function whyDecisionsMix(options: OpenSessionsOptions): Promise<string | undefined> {
  const { document, modelFile, steps, inputFormats = {} } = options;
  const probe = await loadEngine(document.use).writeProbe?.(modelFile);
  if (probe === undefined) return undefined;
  let session: WorkerSession | undefined;
  try {
    const model = { ...modelOf(options, threadsOf(options, 1)), modelFile: probe, steps: undefined };
    session = await WorkerSession.open({ ...model, host: 'process', hangLimitMs: document.hangLimitMs });
    return await whyRowsMix(session, steps ? {} : inputFormats);
  } catch (error) {
    // The engine may not show such a value: then the outputs themselves have been compared.
    if (error instanceof ConfigurationError || error instanceof InferenceError) return undefined;
    throw error;
  } finally {
    await session?.close();
    await rm(probe, { force: true });
  }
}
