/** Time as the batcher knows it; tests bring their own. */
export interface Clock {
  /** Monotonic milliseconds, for durations. */
  now(): number;
  /** Milliseconds since 1970, as deadlines have them. */
  epoch(): number;
  /** Calls `callback` once, after `delayMs`; returns what calls it off. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The longest delay that Node's timers know. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  epoch: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
