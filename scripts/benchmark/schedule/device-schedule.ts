import { Random } from '../../../contracts/values/random';
import { type Schedule } from './schedule';

/**
 * The devices of one client: each sends at the same rate with a phase of its own, and plays the recording from a place of
 * its own.
 */
export class DeviceSchedule implements Schedule {
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
    seed: number,
  ) {
    const random = new Random(seed);
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
