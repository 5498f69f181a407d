import { type Clock } from '../../scheduling/clock';

/** So many at once, and after that so many a second. */
export class Allowance {
  private left: number;
  private atMs: number;

  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {
    this.left = burst;
    this.atMs = clock.now();
  }

  /** Takes one; false when there is none left. */
  take(): boolean {
    const nowMs = this.clock.now();
    this.left = Math.min(this.burst, this.left + ((nowMs - this.atMs) * this.perSecond) / 1000);
    this.atMs = nowMs;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
