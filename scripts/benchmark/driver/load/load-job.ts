import { type Cell } from '../../../../contracts/benchmark/cell';
import { type ProfileName } from '../../../../contracts/benchmark/profile-schema';
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
