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

export interface Scans {
  /** Fewest and most images of a scan; each scan is filled up to whole batches. */
  readonly images: readonly [number, number];
  /** Images of one request. */
  readonly batch: number;
  readonly everyMs: number;
  /** Time in which the images of a scan come in, evenly; 0: all at once. */
  readonly withinMs: number;
}

/** One measurement of a profile: one load. */
export interface Cell {
  readonly label: string;
  readonly clients: number;
  readonly devices: number | null;
  readonly batch: number | null;
  readonly load: Load;
  readonly data: DataSource;
}
