import { type LoadShare } from '../measure/load-record';
import { type LoadCounts, type LoadJob } from './load-job';

/** Drives its part of each measurement in turn. The creator closes it. */
export interface LoadDriver {
  /**
   * Reads the data and connects.
   * @throws Error when the data cannot be read, UnusableServerError when the server cannot be measured.
   */
  prepare(job: LoadJob): Promise<void>;
  /** Drives the prepared job from `startAtMs` (of `Date.now`). */
  drive(startAtMs: number): Promise<LoadShare>;
  /** Since the start of the load; a moment old. */
  readonly counts: LoadCounts;
  /** Ends the load; `drive` resolves to what was measured. */
  stop(reason: string): void;
  close(): Promise<void>;
}

/** From a run to a driver process. */
export type DriverOrder =
  | { readonly do: 'prepare'; readonly job: LoadJob }
  | { readonly do: 'drive'; readonly startAtMs: number }
  | { readonly do: 'stop'; readonly reason: string };

/** From a driver process to its run. */
export type DriverNews =
  | { readonly is: 'prepared' }
  | { readonly is: 'counts'; readonly counts: LoadCounts }
  | { readonly is: 'share'; readonly share: LoadShare }
  | { readonly is: 'failed'; readonly message: string; readonly unusableServer: boolean };
