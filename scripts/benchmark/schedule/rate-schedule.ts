import { type Schedule } from './schedule';

/** Requests at equal distances, those of several clients between each other's. */
export class RateSchedule implements Schedule {
  private readonly intervalMs: number;
  private count = 0;

  /** @param rateHz requests a second of all clients together */
  constructor(
    rateHz: number,
    private readonly client: number,
    clients: number,
    private readonly requests: number,
  ) {
    this.intervalMs = (1000 * clients) / rateHz;
    this.phaseMs = (client / clients) * this.intervalMs;
  }

  private readonly phaseMs: number;

  get nextDueMs(): number {
    return this.phaseMs + this.count * this.intervalMs;
  }

  take(): number {
    return (this.client + this.count++) % this.requests;
  }
}
