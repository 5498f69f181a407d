import { type LoadShare } from '../measure/load-record';
import { type LoadCounts, type LoadJob } from './load-job';

/** What a run tells a driver process. */
export type DriverOrder =
  | { readonly do: 'prepare'; readonly job: LoadJob }
  | { readonly do: 'drive'; readonly startAtMs: number }
  | { readonly do: 'stop'; readonly reason: string };

/** What a driver process tells its run. */
export type DriverNews =
  | { readonly is: 'prepared' }
  | { readonly is: 'counts'; readonly counts: LoadCounts }
  | { readonly is: 'share'; readonly share: LoadShare }
  | { readonly is: 'failed'; readonly message: string; readonly unusableServer: boolean };
