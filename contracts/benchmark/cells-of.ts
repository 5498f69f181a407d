import { type Cell, type Load, loadNote } from './cell';
import { type DataSource } from './data-schema';
import { type Profile } from './profile-schema';

/** The measurements of a profile, in the order in which they are run. */
export function cellsOf(profile: Profile): Cell[] {
  switch (profile.profile) {
    case 'fall-detection': {
      const { recording, dtype, devices, rate } = profile;
      const data = { use: 'fall-detection' as const, recording, dtype };
      return product(profile.clients, devices, (clients, each) =>
        cell(clients, data, { kind: 'devices', devices: each, rateHz: rate }),
      );
    }
    case 'scratch-detection': {
      const { width, height, scan } = profile;
      return product(profile.clients, profile.batch, (clients, batch) =>
        cell(
          clients,
          { use: 'scratch-detection', batch, width, height },
          { kind: 'scans', images: scan.images, batch, everyMs: scan.every, withinMs: scan.within },
        ),
      );
    }
    case 'closed-loop':
      return product(profile.clients, profile.inFlight, (clients, inFlight) =>
        cell(clients, profile.data, { kind: 'closed', inFlight }),
      );
    case 'steps':
      return product(profile.clients, profile.rates, (clients, rateHz) =>
        cell(clients, profile.data, { kind: 'rate', rateHz }),
      );
    case 'burst': {
      const { requests, every } = profile.burst;
      return profile.clients.map((clients) =>
        cell(clients, profile.data, { kind: 'burst', rateHz: profile.rate, requests, everyMs: every }),
      );
    }
    case 'custom':
      return product(profile.clients, customLoads(profile.load), (clients, load) =>
        cell(clients, profile.data, load),
      );
  }
}

function customLoads(load: Extract<Profile, { profile: 'custom' }>['load']): Load[] {
  if ('devices' in load) {
    return load.devices.map((devices) => ({ kind: 'devices', devices, rateHz: load.rate }));
  }
  if ('rates' in load) return load.rates.map((rateHz) => ({ kind: 'rate', rateHz }));
  return load.inFlight.map((inFlight) => ({ kind: 'closed', inFlight }));
}

function product<A, B>(outer: readonly A[], inner: readonly B[], make: (outer: A, inner: B) => Cell): Cell[] {
  return outer.flatMap((one) => inner.map((other) => make(one, other)));
}

function cell(clients: number, data: DataSource, load: Load): Cell {
  return {
    label: `${clients} client${clients === 1 ? '' : 's'}${describe(load)}`,
    clients,
    devices: load.kind === 'devices' ? load.devices : null,
    batch: data.use === 'scratch-detection' ? data.batch : null,
    load,
    data,
  };
}

function describe(load: Load): string {
  if (load.kind === 'devices')
    return ` × ${load.devices} device${load.devices === 1 ? '' : 's'} × ${load.rateHz}/s`;
  return `, ${load.kind === 'scans' ? `scans in batches of ${load.batch}` : loadNote(load)}`;
}

/** Upper bound of a profile's duration in milliseconds: all measurements with warm-up and drain. */
export function profileDurationMs(profile: Profile): number {
  return cellsOf(profile).length * (profile.warmUp + profile.measure + profile.drain);
}
