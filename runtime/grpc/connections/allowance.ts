import { type Clock } from '../../scheduling/clock';

/** A token bucket: `burst` at once, and after that `perSecond`. */
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

  /** Takes one; false when none is left. */
  take(): boolean {
    if (this.isEmpty) return false;
    this.left -= 1;
    return true;
  }

  get isEmpty(): boolean {
    return this.refill() < 1;
  }

  get isFull(): boolean {
    return this.refill() >= this.burst;
  }

  private refill(): number {
    const nowMs = this.clock.now();
    this.left = Math.min(this.burst, this.left + ((nowMs - this.atMs) * this.perSecond) / 1000);
    this.atMs = nowMs;
    return this.left;
  }
}
