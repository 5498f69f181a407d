import { type Scans } from '../schedule/scan-schedule';
import { type DataSource } from './data-schema';

/** How requests come. */
export type Load =
  /** Each device of each client at its own times. */
  | { readonly kind: 'devices'; readonly devices: number; readonly rateHz: number }
  /** Scans of images, each at its client's times. */
  | ({ readonly kind: 'scans' } & Scans)
  /** At equal distances, of all clients together. */
  | { readonly kind: 'rate'; readonly rateHz: number }
  /** Many at once, of all clients together, and a rate between. */
  | {
      readonly kind: 'burst';
      readonly rateHz: number;
      readonly requests: number;
      readonly everyMs: number;
    }
  /** A new one for each answer. */
  | { readonly kind: 'closed'; readonly inFlight: number };

/** One measurement of a profile: one load. */
export interface Cell {
  readonly label: string;
  readonly clients: number;
  readonly devices: number | null;
  readonly batch: number | null;
  readonly load: Load;
  readonly data: DataSource;
}
