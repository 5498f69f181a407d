/** When the requests of one client are due, in milliseconds from the start of the load, and which requests they are. */
export interface Schedule {
  /** Of the next request. */
  readonly nextDueMs: number;
  /** Takes it: the index of the request among those of the run. */
  take(): number;
}
