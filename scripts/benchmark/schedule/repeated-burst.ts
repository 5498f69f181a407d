import { type Schedule } from './schedule';

/** So many requests that are due at once, again and again; one of these times is when measuring begins. */
export class RepeatedBurst implements Schedule {
  private inBurst = 0;
  private count = 0;
  nextDueMs: number;

  constructor(
    private readonly size: number,
    private readonly everyMs: number,
    warmUpMs: number,
    private readonly requests: number,
  ) {
    this.nextDueMs = size === 0 ? Infinity : warmUpMs % everyMs;
  }

  take(): number {
    this.inBurst += 1;
    if (this.inBurst === this.size) {
      this.inBurst = 0;
      this.nextDueMs += this.everyMs;
    }
    return this.count++ % this.requests;
  }
}
