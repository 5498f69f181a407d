import { type Load, type Scans } from '../../../../contracts/benchmark/cell';
import { Random } from '../../../../contracts/values/random';

/** When the requests of one client are due, and which requests they are. */
export interface Schedule {
  /** Of the next request, in milliseconds from the start of the load. */
  readonly nextDueMs: number;
  /** Takes the next request: its index among those of the run. */
  take(): number;
}

interface SchedulePlace {
  readonly client: number;
  readonly clients: number;
  readonly warmUpMs: number;
  readonly requests: number;
  readonly seed: number;
}

type OpenLoad = Exclude<Load, { kind: 'closed' }>;

export function createSchedule(load: OpenLoad, place: SchedulePlace): Schedule {
  const { client, clients, warmUpMs, requests } = place;
  // Each client draws other numbers, the same ones in each run.
  const random = new Random(place.seed * 1_000_003 + client);
  switch (load.kind) {
    case 'devices':
      return new DeviceSchedule(load.devices, load.rateHz, requests, random);
    case 'scans':
      return new ScanSchedule(load, place, random);
    case 'rate':
      return new RateSchedule(load.rateHz, place);
    case 'burst': {
      const size = Math.floor((load.requests + clients - 1 - client) / clients);
      return new BurstSchedule(size, load.everyMs, warmUpMs, new RateSchedule(load.rateHz, place), requests);
    }
  }
}

/** The devices of one client: each sends at the same rate, with a phase and a place in the recording of its own. */
class DeviceSchedule implements Schedule {
  private readonly periodMs: number;
  private readonly phasesMs: Float64Array;
  private readonly places: Int32Array;
  private device = 0;
  private round = 0;
  nextDueMs: number;

  constructor(
    devices: number,
    rateHz: number,
    private readonly requests: number,
    random: Random,
  ) {
    this.periodMs = 1000 / rateHz;
    this.phasesMs = Float64Array.from({ length: devices }, () => random.next() * this.periodMs).sort();
    this.places = Int32Array.from({ length: devices }, () => Math.floor(random.next() * requests));
    this.nextDueMs = this.phasesMs[0];
  }

  take(): number {
    const request = (this.places[this.device] + this.round) % this.requests;
    this.device += 1;
    if (this.device === this.phasesMs.length) {
      this.device = 0;
      this.round += 1;
    }
    this.nextDueMs = this.round * this.periodMs + this.phasesMs[this.device];
    return request;
  }
}

/** Requests at equal intervals; the clients take turns. A rate of 0 never sends. */
class RateSchedule implements Schedule {
  private readonly intervalMs: number;
  private readonly phaseMs: number;
  private count = 0;

  /** @param rateHz requests a second of all clients together */
  constructor(
    rateHz: number,
    private readonly place: SchedulePlace,
  ) {
    this.intervalMs = (1000 * place.clients) / rateHz;
    this.phaseMs = rateHz === 0 ? Infinity : (place.client / place.clients) * this.intervalMs;
  }

  get nextDueMs(): number {
    return this.phaseMs === Infinity ? Infinity : this.phaseMs + this.count * this.intervalMs;
  }

  take(): number {
    return (this.place.client + this.count++) % this.place.requests;
  }
}

/** Requests that are due at once, repeatedly, beside a steady rate; one burst is when measuring begins. */
class BurstSchedule implements Schedule {
  private inBurst = 0;
  private count = 0;
  private burstMs: number;

  constructor(
    private readonly size: number,
    private readonly everyMs: number,
    warmUpMs: number,
    private readonly between: RateSchedule,
    private readonly requests: number,
  ) {
    this.burstMs = size === 0 ? Infinity : warmUpMs % everyMs;
  }

  get nextDueMs(): number {
    return Math.min(this.burstMs, this.between.nextDueMs);
  }

  take(): number {
    if (this.between.nextDueMs < this.burstMs) return this.between.take();
    this.inBurst += 1;
    if (this.inBurst === this.size) {
      this.inBurst = 0;
      this.burstMs += this.everyMs;
    }
    return this.count++ % this.requests;
  }
}

/** Scans of one client, at its own times; the first scan of the first client is when measuring begins. */
class ScanSchedule implements Schedule {
  private scanMs: number;
  private batches: number;
  private batchOfScan = 0;
  private count = 0;

  constructor(
    private readonly scans: Scans,
    private readonly place: SchedulePlace,
    private readonly random: Random,
  ) {
    const { warmUpMs, client, clients } = place;
    this.scanMs = (warmUpMs + (client / clients) * scans.everyMs) % scans.everyMs;
    this.batches = this.draw();
  }

  get nextDueMs(): number {
    return this.scanMs + (this.batchOfScan / this.batches) * this.scans.withinMs;
  }

  take(): number {
    this.batchOfScan += 1;
    if (this.batchOfScan === this.batches) {
      this.batchOfScan = 0;
      this.scanMs += this.scans.everyMs;
      this.batches = this.draw();
    }
    return this.count++ % this.place.requests;
  }

  private draw(): number {
    const [fewest, most] = this.scans.images;
    const images = fewest + Math.floor(this.random.next() * (most - fewest + 1));
    return Math.ceil(images / this.scans.batch);
  }
}
