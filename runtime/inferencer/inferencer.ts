import { type BatcherObserver } from './batcher-observer';
import { type FairShare } from '../scheduling/fair-queue';
import { type ModelMetadata } from '../formats/model-metadata';
import { type PredictTimes } from '../observability/request-timeline';
import { type Priority } from '../scheduling/priority';
import { type NamedTensors } from '../tensor/tensor';

/** What a caller may say of one prediction. */
export interface PredictOptions {
  /** Epoch milliseconds after which nobody waits for the answer; checked until the run starts. */
  readonly deadlineMs?: number;
  /**
   * Takes the request out of the queue; a run that has started goes on and its answer is dropped. Where the signal's reason
   * is an InferenceError, the request is rejected with it.
   */
  readonly signal?: AbortSignal;
  /** Requests of `high` run before others, but never keep them from running. Default: normal. */
  readonly priority?: Priority;
  /** The stream that the request is of: streams take turns in the queue. Default: first come, first served. */
  readonly turn?: FairShare;
  /**
   * The caller gives the inputs away: their buffers may be moved to another thread instead of being copied, and are empty
   * afterwards. Default: false.
   */
  readonly transfer?: boolean;
  /** Told once, when the answer is there. */
  readonly onTimes?: (times: PredictTimes) => void;
}

/** What may change while a model serves, without loading it again. */
export interface InferencerSettings {
  /** Most rows in one run; 1 where requests cannot share a run. */
  readonly maxBatchSize: number;
  /** Longest wait of the oldest request for a fuller batch while a session is idle, in milliseconds. */
  readonly maxQueueDelayMs: number;
  /** Most requests that wait for a run; further ones are refused. */
  readonly maxQueueSize: number;
  /** Sessions that run at the same time; 1 where the model runs in the thread that serves. */
  readonly workers: number;
}

/**
 * Loads a model and predicts; hides the ML engine.
 * `predict` is called for each request, concurrently; it rejects with an InferenceError and never throws synchronously.
 * Its owner calls `close` once, after the last answer; requests that are still queued are rejected.
 */
export interface Inferencer {
  readonly metadata: ModelMetadata;
  readonly settings: InferencerSettings;
  /**
   * Changes some of the settings, between two runs; no request is lost. Resolves when new workers take requests and removed
   * ones have ended; calls are applied one after the other.
   * @throws ConfigurationError when a value is refused or a new worker cannot load the model; all settings stay then.
   */
  configure(changes: Partial<InferencerSettings>): Promise<void>;
  /** @param observer observes the run instead of the inferencer's own observer, where several pipelines share it */
  predict(inputs: NamedTensors, options?: PredictOptions, observer?: BatcherObserver): Promise<NamedTensors>;
  /** Requests that wait for a run. */
  readonly queueDepth: number;
  close(): Promise<void>;
}
