/** What a stream may say of its requests in `x-priority`. */
export const PRIORITIES = ['high', 'normal'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** After so many turns of `high` in a row, one is `normal`'s, if it waits: no flood of one stops the other. */
const HIGH_IN_A_ROW = 7;

/** Whose turn it is where both priorities wait. */
export class PriorityTurns {
  private highInARow = 0;

  /** Whether `high` comes next; the caller takes from the one that it is told. */
  takeHigh(highWaits: boolean, normalWaits: boolean): boolean {
    const high = highWaits && !(normalWaits && this.highInARow >= HIGH_IN_A_ROW);
    this.highInARow = high && normalWaits ? this.highInARow + 1 : 0;
    return high;
  }
}
