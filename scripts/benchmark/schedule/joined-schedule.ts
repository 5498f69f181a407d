import { type Schedule } from './schedule';

/** Two schedules of one client. */
export class JoinedSchedule implements Schedule {
  constructor(
    private readonly one: Schedule,
    private readonly other: Schedule,
  ) {}

  get nextDueMs(): number {
    return Math.min(this.one.nextDueMs, this.other.nextDueMs);
  }

  take(): number {
    return this.one.nextDueMs <= this.other.nextDueMs ? this.one.take() : this.other.take();
  }
}
