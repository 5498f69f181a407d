/**
 * Listener for where one request spends its time, in monotonic milliseconds. Called on the message path, in the order of
 * the pipeline; it must not throw. A list that goes through the model item by item counts as one prediction per item.
 */
export interface RequestTimeline {
  /** A step outside the model's thread has ended. */
  step(label: string, startedMs: number, endedMs: number): void;
  /**
   * A prediction has ended.
   * @param stepLabels labels of the steps in the model's thread, in the order of `times.stepMs`
   * @param stepsBefore number of them that run before the model
   */
  predicted(times: PredictTimes, stepLabels: readonly string[], stepsBefore: number): void;
}

/** Where one prediction spent its time, in milliseconds, and how many requests shared its run. */
export interface PredictTimes {
  /** When the run started, in monotonic milliseconds. */
  readonly startedMs: number;
  readonly queueMs: number;
  readonly modelMs: number;
  readonly batchRequests: number;
  readonly batchRows: number;
  /** Durations of the steps in the model's thread, in the order of their labels; absent if there are none. */
  readonly stepMs?: readonly number[];
}
