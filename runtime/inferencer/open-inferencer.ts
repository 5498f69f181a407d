import { stat } from 'node:fs/promises';
import { type BatcherObserver } from './batcher-observer';
import { Batcher } from './batcher';
import { openSessions, type Execution, type ModelOptions, type OpenSessions } from './execution';
import { parametersOf } from './engines/engines';
import { type Inferencer } from './inferencer';

/** Takes what an operator may want to know: a sentence, and what it is about. */
export type InferencerLog = (
  level: 'info' | 'warn',
  message: string,
  fields: Record<string, unknown>,
) => void;

export interface OpenInferencerOptions extends ModelOptions {
  readonly observer?: BatcherObserver;
  readonly log?: InferencerLog;
}

/** A model that is ready to predict, and what was found out on the way. */
export interface OpenedInferencer {
  readonly inferencer: Inferencer;
  readonly execution: Execution;
  /** Sessions of the model: 1 inline, or one in each worker. */
  readonly sessions: number;
  /** Threads inside one run. */
  readonly threads: number;
  /** Whether requests share runs. */
  readonly batchable: boolean;
  /** Milliseconds of a full run at warm-up; of a slow model, of one request. */
  readonly fullRunMs: number;
}

/**
 * Loads a model, tries it, and decides where it runs and whether requests share its runs.
 * @throws ConfigurationError that names the model file when it cannot be loaded.
 */
export async function openInferencer(options: OpenInferencerOptions): Promise<OpenedInferencer> {
  const { modelFile, document, log = () => undefined } = options;
  const { batching } = document;
  const opened = await openSessions({
    ...options,
    parameters: parametersOf(document, modelFile),
    modelBytes: await sizeOf(modelFile),
    maxBatchSize: batching === false ? 1 : batching.maxBatchSize,
  });
  report(options, opened, log);
  const { sessions, warmUp, execution, threads, openSession } = opened;
  const inferencer = new Batcher(sessions, {
    ...(batching === false ? UNBATCHED : batching),
    batchable: warmUp.batchable,
    openSession,
    onRemoved: (worker) => options.onWorkerState?.(worker, 'closed', 'the worker was removed'),
    observer: options.observer,
  });
  const { batchable, fullRunMs } = warmUp;
  return { inferencer, execution, sessions: sessions.length, threads, batchable, fullRunMs };
}

/** What a document that turns batching off leaves open. */
const UNBATCHED = { maxBatchSize: 1, maxQueueDelayMs: 0, maxQueueSize: 1024 };

/** 0 for a missing file, which opening it reports. */
async function sizeOf(modelFile: string): Promise<number> {
  return stat(modelFile).then(
    ({ size }) => size,
    () => 0,
  );
}

function report(options: OpenInferencerOptions, opened: OpenSessions, log: InferencerLog): void {
  const { modelFile, document } = options;
  const { warmUp, execution, threads, sessions } = opened;
  if (warmUp.refusal !== undefined) {
    log('warn', 'the model could not be warmed up with made-up inputs', {
      modelFile,
      reason: warmUp.refusal,
    });
  }
  if (!warmUp.batchable && document.batching !== false) {
    log('info', 'requests do not share runs of this model', { modelFile, reason: warmUp.whyNotBatchable });
  }
  log('info', 'model opened', {
    modelFile,
    execution,
    sessions: sessions.length,
    threads,
    batchable: warmUp.batchable,
    fullRunMs: Math.round(warmUp.fullRunMs * 1000) / 1000,
  });
}
