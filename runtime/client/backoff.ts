/** How long to wait before a connection is tried again. */
export interface BackoffOptions {
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
}

/**
 * Milliseconds before attempt number `attempt` (from 1): doubled each time up to the longest delay, and between half of that
 * and all of it, so that the clients of a server that came back do not arrive at once.
 */
export function backoffDelayMs(
  attempt: number,
  { initialDelayMs, maxDelayMs }: BackoffOptions,
  random: () => number = Math.random,
): number {
  const full = Math.min(maxDelayMs, initialDelayMs * 2 ** (attempt - 1));
  return full * (0.5 + random() / 2);
}
