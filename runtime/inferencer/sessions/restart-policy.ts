import { type Clock } from '../../scheduling/clock';

/** Older ends do not count. */
const MEMORY_MS = 60_000;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** This many ends within `MEMORY_MS` are a crash loop. */
const LOOP_ENDS = 5;

export interface Restart {
  readonly delayMs: number;
  /** Whether threads keep ending: callers are better refused than kept waiting. */
  readonly isLoop: boolean;
}

/** When a thread that has ended is replaced: at once the first time, then after delays that double. */
export class RestartPolicy {
  private ends: number[] = [];

  constructor(private readonly clock: Clock) {}

  /** A thread has ended. */
  next(): Restart {
    const nowMs = this.clock.now();
    this.ends = this.ends.filter((endMs) => nowMs - endMs < MEMORY_MS);
    this.ends.push(nowMs);
    const repeats = this.ends.length - 1;
    const delayMs = repeats === 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (repeats - 1), LONGEST_DELAY_MS);
    return { delayMs, isLoop: this.ends.length >= LOOP_ENDS };
  }
}
