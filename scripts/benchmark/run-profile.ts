import { type Profile } from './profile/profile-schema';
import { type RunProgress } from './progress/run-progress';
import { type Measurement } from './results/run-results';
import { type Target } from './target';

export interface RunOptions {
  /** Which topology answers; a label of the results. */
  readonly deployment: string;
  /** Prometheus endpoints beside those of the profile, by the name that they have in the results. */
  readonly scrape?: Readonly<Record<string, string>>;
  /** Processes of this machine whose CPU and memory are read from /proc, by name. */
  readonly watch?: Readonly<Record<string, number>>;
  /** Driver processes that share the clients. @default 1 */
  readonly processes?: number;
  /** Drive from this process; its own work then shows in the driver's CPU share. @default false */
  readonly inProcess?: boolean;
  /** When the first measurement's load begins, for runs that are to be joined. @default - at once */
  readonly startAt?: Date;
  readonly onProgress?: (progress: RunProgress) => void;
  /** What did not go as it should and does not end the run, such as an endpoint that cannot be scraped. */
  readonly onWarning?: (message: string) => void;
  /** Told each measurement as soon as it is there. */
  readonly onMeasurement?: (measurement: Measurement) => void;
  /** Ends the run early; what has been measured until then is kept. */
  readonly signal?: AbortSignal;
}

export interface ProfileRun {
  readonly measurements: Measurement[];
  /** Why the run ended before its last measurement. */
  readonly endedEarly?: string;
}

/** Runs every measurement of a profile against a server. */
export type RunProfile = (profile: Profile, target: Target, options: RunOptions) => Promise<ProfileRun>;
