import { type FlowTurn } from '../scheduling/fair-line';
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
  /** The stream that the request is of: streams take turns in the queue. Default: what comes first goes first. */
  readonly turn?: FlowTurn;
  /**
   * The caller gives the inputs away: their buffers may be moved to another thread instead of being copied, and are empty
   * afterwards. Default: false.
   */
  readonly transfer?: boolean;
  /** Told once, when the answer is there. */
  readonly onTimes?: (times: PredictTimes) => void;
}

/**
 * Loads a model and predicts; hides the ML engine.
 * `predict` is called for each request, concurrently; it rejects with an InferenceError and never throws synchronously.
 * Its owner calls `close` once, after the last answer; what is in the queue then is rejected.
 */
export interface Inferencer {
  readonly metadata: ModelMetadata;
  predict(inputs: NamedTensors, options?: PredictOptions): Promise<NamedTensors>;
  /** Requests that wait for a run. */
  readonly queueDepth: number;
  close(): Promise<void>;
}
