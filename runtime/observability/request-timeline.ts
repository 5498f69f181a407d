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

/** Where one prediction spent its time, in milliseconds, and how many requests shared its run. */
export interface PredictTimes {
  /** When the run started, in monotonic milliseconds. */
  readonly startedMs: number;
  readonly queueMs: number;
  readonly modelMs: number;
  readonly batchRequests: number;
  readonly batchRows: number;
  /** Milliseconds of each of the steps in the model's thread, in the order of their labels; absent: there is none. */
  readonly stepMs?: readonly number[];
}
