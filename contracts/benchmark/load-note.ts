import { type Load } from './cell';

/** What a load is beyond its clients, devices and images, for the results; undefined where those tell all. */
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
