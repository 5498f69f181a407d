import { type LoadShare } from '../measure/load-record';
import { type LoadCounts, type LoadJob } from './load-job';

/** Drives its part of each measurement in turn, in this process or in one of its own. Whoever makes one closes it. */
export interface LoadDriver {
  /**
   * Reads the data and connects.
   * @throws Error when the data cannot be read, UnusableServerError when the server cannot be measured.
   */
  prepare(job: LoadJob): Promise<void>;
  /** Drives what has been prepared from this time (of `Date.now`) on. */
  drive(startAtMs: number): Promise<LoadShare>;
  /** Since the start of the load, a moment ago. */
  readonly counts: LoadCounts;
  /** Ends the load that is being driven now; `drive` resolves to what has been measured. */
  stop(reason: string): void;
  close(): Promise<void>;
}
