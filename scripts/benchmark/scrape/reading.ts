/** What one look at a process, a host or a device tells; what it does not tell is absent. */
export interface Reading {
  /** Since whenever: only differences count. */
  readonly cpuSeconds?: number;
  readonly memoryBytes?: number;
  readonly receivedBytes?: number;
  readonly sentBytes?: number;
  /** From 0 to 1. */
  readonly gpuUtilization?: number;
  /** Rows that the model has run, and in how many runs. */
  readonly batchRows?: number;
  readonly batchRuns?: number;
}

/** Something whose use of resources can be looked at. */
export interface ResourceSource {
  readonly name: string;
  /** For messages, such as a URL. */
  readonly place: string;
  /** @throws Error when it cannot be looked at. */
  read(): Promise<Reading>;
}
