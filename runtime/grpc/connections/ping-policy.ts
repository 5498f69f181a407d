import { type Clock } from '../../scheduling/clock';
import { Allowance } from './allowance';

/** What acknowledging a ping and a SETTINGS frame takes on the wire. */
const PING_BYTES = 17;
const SETTINGS_BYTES = 9;
/** Pings that may come too early: some clients start with a few. */
const TOLERATED_PINGS = 10;

/**
 * How often a client may ping. A ping after something was sent to the client costs it nothing: clients measure the
 * connection with one for what they get. Without that they may ping once an interval, and a few times besides.
 */
export class PingPolicy {
  private readonly allowance: Allowance;
  private writtenThen = 0;
  private acknowledged = 0;

  constructor(minIntervalMs: number, clock: Clock) {
    this.allowance = new Allowance(TOLERATED_PINGS, 1000 / minIntervalMs, clock);
  }

  onSettings(): void {
    this.acknowledged += SETTINGS_BYTES;
  }

  /**
   * Whether the client may have sent this ping.
   * @param written bytes that the connection has written until now
   */
  allows(written: number): boolean {
    const answered = written - this.writtenThen > this.acknowledged;
    if (answered) {
      this.writtenThen = written;
      this.acknowledged = 0;
    }
    this.acknowledged += PING_BYTES;
    return answered || this.allowance.take();
  }
}
