import { joinPaths } from '../../contracts/program/document-path';
import { ConfigurationError } from '../../contracts/program/problem';
import { parseWith } from '../../contracts/program/schema-problems';
import { engineParameters, type InferencerDocument } from '../definition/pipeline-document';
import { type BatcherObserver } from './batcher-observer';
import { Batcher } from './batcher';
import { openSessions, type Execution, type ModelOptions, type OpenSessions } from './execution';
import { type ModelInspection } from './engines/engine';
import { loadEngine } from './engines/engines';
import { type Inferencer } from './inferencer';
import { ModelCopy } from './model-copy';

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
  const inspection = inspect(document.use, modelFile);
  const copy = await ModelCopy.make(modelFile, inspection.files);
  try {
    const parameters = parametersOf(document, modelFile);
    const { file, digest, bytes: modelBytes } = copy;
    const opened = await openSessions({
      ...options,
      modelFile: file,
      parameters,
      inspection,
      digest,
      modelBytes,
    });
    if (copy.uncopied !== undefined) {
      log('warn', 'the model is served from its own file: writing over it may end the server', {
        modelFile,
        reason: copy.uncopied,
      });
    }
    report(options, inspection, opened, log);
    const { sessions, warmUp, execution, threads, openSession } = opened;
    const { batchable, fullRunMs } = warmUp;
    const inferencer = new Batcher(sessions, {
      ...(document.batching === false ? UNBATCHED : document.batching),
      batchable,
      openSession,
      onRemoved: (worker) => options.onWorkerState?.(worker, 'closed', 'the worker was removed'),
      onClosed: () => copy.remove(),
      observer: options.observer,
    });
    return { inferencer, execution, sessions: sessions.length, threads, batchable, fullRunMs };
  } catch (error) {
    await copy.remove();
    throw copy.named(error);
  }
}

/** A file that cannot be read is refused by the engine, which has the better words. */
function inspect(engine: string, modelFile: string): ModelInspection {
  try {
    return loadEngine(engine).inspect?.(modelFile) ?? { files: [] };
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    return { files: [] };
  }
}

/** What a document says of its engine, as the engine's schema completes it. @throws ConfigurationError when it refuses it. */
function parametersOf(document: InferencerDocument, modelFile: string): unknown {
  const parsed = parseWith(loadEngine(document.use).parameters, engineParameters(document));
  if ('value' in parsed) return parsed.value;
  const problems = parsed.problems.map(({ path, message }) => ({
    path: joinPaths('inferencer', path),
    message,
  }));
  throw new ConfigurationError(modelFile, problems);
}

/** What a document that turns batching off leaves open. */
const UNBATCHED = { maxBatchSize: 1, maxQueueDelayMs: 0, maxQueueSize: 1024 };

function report(
  { modelFile, document }: OpenInferencerOptions,
  { hazard }: ModelInspection,
  { warmUp, execution, threads, sessions }: OpenSessions,
  log: InferencerLog,
): void {
  if (warmUp.refusal !== undefined) {
    log('warn', 'the model could not be warmed up with made-up inputs', {
      modelFile,
      reason: warmUp.refusal,
    });
  }
  if (hazard !== undefined) {
    if (execution === 'process')
      log('info', 'the model runs in a process of its own', { modelFile, reason: hazard });
    else log('warn', 'a request may end this server', { modelFile, execution, reason: hazard });
  }
  const { independentRows } = document.batching || {};
  if (independentRows !== undefined) {
    log('info', 'the document says whether rows that share a run are independent', {
      modelFile,
      independentRows,
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
