import { type Cell } from '../../../../contracts/benchmark/cell';
import { type ProfileName } from '../../../../contracts/benchmark/profile-schema';
import { type LoadShare } from '../measure/load-record';
import { type Target } from '../target';

/** One driver process's part in one measurement; plain data, since it travels between processes. */
export interface LoadJob {
  readonly profile: ProfileName;
  readonly deployment: string;
  readonly cell: Cell;
  readonly target: Target;
  readonly service: 'extended' | 'basic';
  readonly pipeline?: string;
  readonly client: 'raw' | 'stock';
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly drainMs: number;
  readonly seed: number;
  /** Index of the process; it drives every client whose index modulo `processes` is this. */
  readonly process: number;
  readonly processes: number;
}

/** Counts since the start of the load, warm-up included. */
export interface LoadCounts {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly inFlight: number;
}

export const NO_COUNTS: LoadCounts = { sent: 0, answered: 0, failed: 0, inFlight: 0 };

/** Drives its part of each measurement in turn. The creator closes it. */
export interface LoadDriver {
  /**
   * Reads the data and connects.
   * @throws Error when the data cannot be read or the server cannot be measured.
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
  | { readonly is: 'failed'; readonly message: string };
