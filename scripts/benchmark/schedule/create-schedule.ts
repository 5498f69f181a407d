import { type Load } from '../../../contracts/benchmark/cell';
import { DeviceSchedule } from './device-schedule';
import { JoinedSchedule } from './joined-schedule';
import { RateSchedule } from './rate-schedule';
import { RepeatedBurst } from './repeated-burst';
import { ScanSchedule } from './scan-schedule';
import { type Schedule } from './schedule';

export interface SchedulePlace {
  /** Index of the client among all clients of the run. */
  readonly client: number;
  readonly clients: number;
  readonly warmUpMs: number;
  /** How many requests there are to send in turn. */
  readonly requests: number;
  readonly seed: number;
}

/** A load that has a schedule. */
export type OpenLoad = Exclude<Load, { kind: 'closed' }>;

/** When one client's requests are due. */
export function createSchedule(load: OpenLoad, place: SchedulePlace): Schedule {
  const { client, clients, warmUpMs, requests } = place;
  // Other draws for each client, the same ones in each run.
  const seed = place.seed * 1_000_003 + client;
  switch (load.kind) {
    case 'devices':
      return new DeviceSchedule(load.devices, load.rateHz, requests, seed);
    case 'scans':
      return new ScanSchedule(load, client, clients, warmUpMs, requests, seed);
    case 'rate':
      return new RateSchedule(load.rateHz, client, clients, requests);
    case 'burst': {
      const share = Math.floor((load.requests + clients - 1 - client) / clients);
      const burst = new RepeatedBurst(share, load.everyMs, warmUpMs, requests);
      if (load.rateHz === 0) return burst;
      return new JoinedSchedule(burst, new RateSchedule(load.rateHz, client, clients, requests));
    }
  }
}
