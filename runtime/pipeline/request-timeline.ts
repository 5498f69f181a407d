import { type PredictTimes } from '../inferencer/inferencer';

/**
 * Told where one request spends its time, in monotonic milliseconds. Called on the message path, in the order of the
 * pipeline; it must not throw. A list that goes into the model item by item is told as so many predictions.
 */
export interface RequestTimeline {
  /** A step outside of the model's thread is over. */
  step(label: string, startedMs: number, endedMs: number): void;
  /**
   * A prediction is over.
   * @param stepLabels the steps in the model's thread, as `times.stepMs` has them
   */
  predicted(times: PredictTimes, stepLabels: readonly string[]): void;
}
