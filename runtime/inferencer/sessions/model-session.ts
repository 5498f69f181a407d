import { InferenceError } from '../../errors';
import { type ModelMetadata } from '../../formats/model-metadata';
import { type NamedTensors } from '../../tensor/tensor';

/** Whether a session keeps up: a worker that has died is being replaced, and given up for a while when it keeps dying. */
export type SessionState = 'ready' | 'restarting' | 'failed' | 'closed';

/**
 * A loaded model that computes one run at a time. Its batcher calls `run` only when the run before has settled or its engine
 * is free, and closes it; its opener hands it over.
 */
export interface ModelSession {
  readonly metadata: ModelMetadata;
  /** Whether the engine dies of a tensor without elements instead of refusing it. */
  readonly refusesEmpty: boolean;
  /** Whether a run occupies the thread that asked for it. */
  readonly blocksCaller: boolean;
  readonly state: SessionState;
  /** Milliseconds that the last run spent in the engine. */
  readonly lastRunMs: number;
  /** Milliseconds that each of the steps in the model's thread took at the last run, in the order of their labels. */
  readonly lastStepMs?: readonly number[];
  /**
   * Runs the model once. `owned` says that nobody else looks at the data of `feeds`: their buffers may be moved to another
   * thread and are empty then. `onFree` is called, at most once, when the engine is done and only steps after it are left: the
   * next run may be handed over then. Rejects with an InferenceError: MODEL_REFUSED, MODEL_FAILED,
   * INPUT_MISMATCH, WORKER_LOST, or DRAINING once it is closed.
   */
  run(feeds: NamedTensors, owned: boolean, onFree?: () => void): Promise<NamedTensors>;
  /** Frees the model. A run that is under way is rejected or finishes first. */
  close(): Promise<void>;
}

export function sessionClosed(): InferenceError {
  return new InferenceError('DRAINING', 'the model is being closed');
}
