/** Values of `x-priority`. */
export const PRIORITIES = ['high', 'normal'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** After this many `high` items in a row, a waiting `normal` item is served: a flood of `high` does not starve it. */
const HIGH_IN_A_ROW = 7;

/** Chooses the priority to serve next. */
export class PriorityOrder {
  private highInARow = 0;

  /** Whether `high` is served next; the caller serves the priority that this chooses. */
  takeHigh(highWaits: boolean, normalWaits: boolean): boolean {
    const high = highWaits && !(normalWaits && this.highInARow >= HIGH_IN_A_ROW);
    this.highInARow = high && normalWaits ? this.highInARow + 1 : 0;
    return high;
  }
}
