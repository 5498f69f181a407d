import { type Clock } from '../../scheduling/clock';
import { Allowance } from './allowance';

/** Bytes on the wire of the acknowledgement of a ping and of a SETTINGS frame. */
const PING_BYTES = 17;
const SETTINGS_BYTES = 9;
/** Tolerated early pings: some clients start with a few. */
const TOLERATED_PINGS = 10;

/**
 * Limits pings. A ping after something was sent to the client is free, as clients measure the connection with a ping for
 * each answer. Otherwise a client may ping once an interval, and a few times more.
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
