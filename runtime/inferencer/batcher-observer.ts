/** Observes the runs of a model; it is called on the hot path and must not throw. */
export interface BatcherObserver {
  /** A run is over; `modelMs` is what the engine took. */
  onBatch?(rows: number, requests: number, modelMs: number): void;
  /** The same run: milliseconds of each of the steps in the model's thread, in the order of their labels. */
  onSteps?(stepMs: readonly number[]): void;
  /** A request's run starts; `queueMs` is how long it waited. */
  onQueue?(queueMs: number): void;
}
