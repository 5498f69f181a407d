import { type DataSource } from './data-schema';

export type Load =
  /** Each device of each client sends at its own times. */
  | { readonly kind: 'devices'; readonly devices: number; readonly rateHz: number }
  /** Each client scans, and sends the images of a scan. */
  | ({ readonly kind: 'scans' } & Scans)
  /** Requests at equal intervals; the rate of all clients together. */
  | { readonly kind: 'rate'; readonly rateHz: number }
  /** Bursts and a steady rate between; of all clients together. */
  | {
      readonly kind: 'burst';
      readonly rateHz: number;
      readonly requests: number;
      readonly everyMs: number;
    }
  /** Each answer makes the next request due. */
  | { readonly kind: 'closed'; readonly inFlight: number };

export interface Scans {
  /** Fewest and most images of a scan; each scan is filled up to whole batches. */
  readonly images: readonly [number, number];
  /** Images of one request. */
  readonly batch: number;
  readonly everyMs: number;
  /** The images of a scan come in evenly within this time; 0: all at once. */
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

/** The load beyond clients, devices and images, for the results; undefined where there is nothing more. */
export function loadNote(load: Load): string | undefined {
  switch (load.kind) {
    case 'devices':
    case 'scans':
      return undefined;
    case 'rate':
      return `${load.rateHz} requests/s`;
    case 'burst':
      return `bursts of ${load.requests}`;
    case 'closed':
      return `${load.inFlight} in flight each`;
  }
}
